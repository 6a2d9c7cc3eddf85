//! Trees, spans and errors of the front end, case by case.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use eql_grammar::{
    ast::{Body, Category, Dialect, Expr, Literal, Query, TimeUnit},
    diag::{Code, Diagnostic},
    parser::parse,
    span::{Span, Spanned},
};

fn query(text: &str) -> Query {
    parse(text, Dialect::Endpoint)
        .unwrap_or_else(|errors| panic!("{text}: {:#?}", errors.as_slice()))
}

fn condition(text: &str) -> Spanned<Expr> {
    match query(&format!("any where {text}")).body {
        Body::Event(event) => event.condition,
        other => panic!("{other}"),
    }
}

fn errors(text: &str) -> Vec<Diagnostic> {
    match parse(text, Dialect::Elasticsearch) {
        Ok(tree) => panic!("`{text}` parses, as {tree}"),
        Err(errors) => errors.into_sorted(),
    }
}

/// An expression with every node in parentheses.
fn shape(expr: &Expr) -> String {
    let list = |name: &str, items: &[Spanned<Expr>]| {
        let items: Vec<String> = items.iter().map(|item| shape(item)).collect();
        format!("({name} {})", items.join(" "))
    };
    match expr {
        Expr::Not(operand) => format!("(not {})", shape(operand)),
        Expr::Neg(operand) => format!("(neg {})", shape(operand)),
        Expr::And(parts) => list("and", parts),
        Expr::Or(parts) => list("or", parts),
        Expr::Compare(c) => format!("({} {} {})", c.op, shape(&c.left), shape(&c.right)),
        Expr::Arith(a) => format!("({} {} {})", a.op, shape(&a.left), shape(&a.right)),
        Expr::In(test) => {
            let not = if test.negated { "not-" } else { "" };
            let fold = if test.fold { "~" } else { "" };
            format!("({not}in{fold} {} {})", shape(&test.value), list("list", &test.list))
        }
        Expr::Match(test) => {
            let patterns: Vec<String> = test.patterns.iter().map(ToString::to_string).collect();
            format!("({} {} {})", test.op, shape(&test.value), patterns.join(" "))
        }
        Expr::Call(call) => {
            list(&format!("{}{}", call.name, if call.fold { "~" } else { "" }), &call.args)
        }
        Expr::DescendantOf(query) => {
            format!("(descendant {} {})", query.category, shape(&query.condition))
        }
        Expr::Literal(_) | Expr::Field(_) | Expr::Variable(_) => expr.to_string(),
    }
}

#[test]
fn operators_bind_in_order() {
    let cases = [
        ("a or b and c", "(or a (and b c))"),
        ("a and b or c and d", "(or (and a b) (and c d))"),
        ("a or b or c", "(or a b c)"),
        ("a and b and c and d", "(and a b c d)"),
        ("a or (b or c)", "(or a (or b c))"),
        ("(a or b) or c", "(or (or a b) c)"),
        ("(a and b) and (c and d)", "(and (and a b) (and c d))"),
        ("(a and b)", "(and a b)"),
        ("not a and b", "(and (not a) b)"),
        ("not a == b", "(not (== a b))"),
        ("not not a", "(not (not a))"),
        ("not a in (1)", "(not (in a (list 1)))"),
        ("a and not b or not c", "(or (and a (not b)) (not c))"),
        ("not (a and b)", "(not (and a b))"),
        ("a == (b == c)", "(== a (== b c))"),
        ("a == (not b)", "(== a (not b))"),
        ("a + b == c - d", "(== (+ a b) (- c d))"),
        ("a - b - c", "(- (- a b) c)"),
        ("a - (b - c)", "(- a (- b c))"),
        ("a + b * c", "(+ a (* b c))"),
        ("a * b + c", "(+ (* a b) c)"),
        ("a / b * c % d", "(% (* (/ a b) c) d)"),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("-a * b", "(* (neg a) b)"),
        ("a * -b", "(* a (neg b))"),
        ("- - a", "(neg (neg a))"),
        ("+a", "a"),
        ("+ - + a", "(neg a)"),
        ("1 - -2", "(- 1 (neg 2))"),
        ("1-2", "(- 1 2)"),
        ("-a == 1", "(== (neg a) 1)"),
        ("1 + x in (3)", "(+ 1 (in x (list 3)))"),
        ("-x in (3)", "(neg (in x (list 3)))"),
        ("(1 + x) in (3)", "(in (+ 1 x) (list 3))"),
        ("a * b : 2 + 12", "(+ (* a (: b 2)) 12)"),
        ("x : \"a\" == true", "(== (: x \"a\") true)"),
        ("true == (x in (1))", "(== true (in x (list 1)))"),
        ("x in (1 + 2, f(y), a or b, (c))", "(in x (list (+ 1 2) (f y) (or a b) c))"),
        ("x not in~ (\"a\")", "(not-in~ x (list \"a\"))"),
        ("x like~ (\"a\", null, 1, true)", "(like~ x \"a\" null 1 true)"),
        ("x regex (\"a\")", "(regex x \"a\")"),
        ("f()", "(f )"),
        ("f~(a, b and c, g(d)) : \"e\"", "(: (f~ a (and b c) (g d)) \"e\")"),
        ("descendant of [p where q or r] and s", "(and (descendant p (or q r)) s)"),
        ("_arraysearch(a, $b, $b.c == 1)", "(_arraysearch a $b (== $b.c 1))"),
        // Glued words are words of their own.
        ("notes and android or ordinary", "(or (and notes android) ordinary)"),
        ("a and(b)or(c)", "(or (and a b) c)"),
        ("a==1and b", "(and (== a 1) b)"),
        ("as : \"b\"", "(: as \"b\")"),
        ("runs == fork", "(== runs fork)"),
    ];
    for (text, expected) in cases {
        assert_eq!(shape(&condition(text)), expected, "{text}");
        let printed = condition(text).to_string();
        assert_eq!(shape(&condition(&printed)), expected, "{text} printed as {printed}");
    }
}

#[test]
fn printing_needs_few_brackets() {
    let same = [
        "a or b and c",
        "(a or b) and c",
        "a or (b or c)",
        "not (a and b)",
        "not not a",
        "not a == b",
        "a == (b == c)",
        "(a == b) == c",
        "a - (b - c)",
        "a - b - c",
        "(a + b) * -(c - d)",
        "--a",
        "(-a) in (1)",
        "(a in (1)) in (true)",
        "(x : \"a\") : \"b\"",
        "a % (b * c)",
        "f((a), 1 == 2)",
        "$e.`a b`.c == 1",
    ];
    for text in same {
        let expected = text.replace("(a),", "a,");
        assert_eq!(condition(text).to_string(), expected);
    }
}

#[test]
fn literals_have_their_values() {
    let str = |value: &str| Literal::Str(value.to_owned());
    let cases = [
        ("null", Literal::Null),
        ("true", Literal::Bool(true)),
        ("false", Literal::Bool(false)),
        ("0", Literal::Int(0)),
        ("007", Literal::Int(7)),
        ("9223372036854775807", Literal::Int(i64::MAX)),
        ("9223372036854775808", Literal::Float(9_223_372_036_854_775_808.0)),
        ("100000000000000000000000000000000", Literal::Float(1e32)),
        ("2.", Literal::Float(2.0)),
        ("2.50", Literal::Float(2.5)),
        (".5", Literal::Float(0.5)),
        ("1e3", Literal::Float(1000.0)),
        ("1.E+3", Literal::Float(1000.0)),
        (".5e-1", Literal::Float(0.05)),
        ("1e-999", Literal::Float(0.0)),
        (r#""""#, str("")),
        (r#""a'b\"c\\""#, str("a'b\"c\\")),
        (r#""\b\t\n\f\r\'""#, str("\u{8}\t\n\u{c}\r'")),
        (r#""\u{41}\u{1F600}\u{000000e9}""#, str("A\u{1f600}\u{e9}")),
        (r#""ä€😀 // no /* comment""#, str("ä€😀 // no /* comment")),
    ];
    for (text, value) in cases {
        let expr = condition(text);
        assert_eq!(expr.node, Expr::Literal(value), "{text}");
        assert_eq!(condition(&expr.to_string()), expr, "{text} printed as {expr}");
    }
}

#[test]
fn raw_strings_take_quotes_in() {
    // `Q` is a double quote.
    let cases = [
        ("QQQfooQQQ", "foo"),
        ("QQQfooQQQQ", "fooQ"),
        ("QQQfooQQQQQ", "fooQQ"),
        ("QQQQQQ", ""),
        ("QQQQQQQ", "Q"),
        ("QQQQQQQQ", "QQ"),
        ("QQQaQbQQc'QQQ", "aQbQQc'"),
        (r"QQQ\n\u{41}\QQQQ", r"\n\u{41}\Q"),
        (r"QQQC:\dir\QQQ", r"C:\dir\"),
    ];
    for (text, value) in cases {
        let (text, value) = (text.replace('Q', "\""), value.replace('Q', "\""));
        let expr = condition(&text);
        assert_eq!(expr.node, Expr::Literal(Literal::Str(value)), "{text}");
        assert_eq!(condition(&expr.to_string()), expr, "{text} printed as {expr}");
    }
    let nine = "any where \"\"\"\"\"\"\"\"\"";
    assert_eq!(errors(nine)[0].code, Code::Unterminated);
}

#[test]
fn fields_are_plain_paths() {
    let cases = [
        ("process.pid", false, "process.pid"),
        ("?process.pid", true, "process.pid"),
        ("? process . pid", true, "process.pid"),
        ("@timestamp", false, "@timestamp"),
        ("_x1.Y_2", false, "_x1.Y_2"),
        ("`a b`", false, "a b"),
        ("`a.b`", false, "a.b"),
        ("`x`.`y`.z", false, "x.y.z"),
        ("?`some?field`", true, "some?field"),
        ("`?somefield`", false, "?somefield"),
        ("`a``b`", false, "a`b"),
        ("`````` ", false, "``"),
        ("`sequence`", false, "sequence"),
        ("`..`", false, ".."),
    ];
    for (text, optional, path) in cases {
        match condition(text).node {
            Expr::Field(field) => {
                assert_eq!((field.optional, field.path.as_str()), (optional, path), "{text}");
                assert_eq!(condition(&field.to_string()).node, Expr::Field(field), "{text}");
            }
            other => panic!("{text}: {other}"),
        }
    }
}

#[test]
fn categories() {
    let cases = [
        ("any", Category::Any),
        ("\"any\"", Category::Named("any".to_owned())),
        ("process", Category::Named("process".to_owned())),
        ("Any", Category::Named("Any".to_owned())),
        ("\"a \\\"b\\\"\"", Category::Named("a \"b\"".to_owned())),
        ("\"\"\"a \"b\" \\\"\"\"", Category::Named("a \"b\" \\".to_owned())),
        ("Sequence", Category::Named("Sequence".to_owned())),
        ("head", Category::Named("head".to_owned())),
        ("@x", Category::Named("@x".to_owned())),
    ];
    for (text, category) in cases {
        match query(&format!("{text} where true")).body {
            Body::Event(event) => {
                assert_eq!(event.category.node, category, "{text}");
                let printed = format!("{} where true", event.category);
                assert_eq!(query(&printed).body, Body::Event(event), "{printed}");
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn sequences_keep_all_parts() {
    let text = "sequence by a, ?b with maxspan = 90s [p where x] by c with runs = 3 ![\"q r\" where y] as z until [r where s] by t | head 1";
    let parsed = query(text);
    let Body::Sequence(sequence) = &parsed.body else { panic!("{parsed}") };
    let slice = |span: Span| &text[span.range()];
    assert_eq!(sequence.by.len(), 2);
    assert!(sequence.by[1].optional);
    let maxspan = sequence.maxspan.as_ref().unwrap();
    assert_eq!(
        (maxspan.count, maxspan.unit, maxspan.millis()),
        (90, TimeUnit::Seconds, Some(90_000))
    );
    assert_eq!(slice(maxspan.span), "90s");
    let [first, second] = sequence.terms.as_slice() else { panic!() };
    assert_eq!(slice(first.span), "[p where x] by c with runs = 3");
    assert_eq!((first.missing, first.runs.as_ref().map(|runs| runs.node)), (false, Some(3)));
    assert_eq!(slice(first.runs.as_ref().unwrap().span), "3");
    assert_eq!(slice(second.span), "![\"q r\" where y] as z");
    assert!(second.missing && second.by.is_empty());
    assert_eq!(slice(second.alias.as_ref().unwrap().span), "z");
    assert_eq!(slice(second.query_span()), "\"q r\" where y");
    assert_eq!(slice(sequence.until.as_ref().unwrap().span), "[r where s] by t");
    assert_eq!(slice(parsed.pipes[0].span), "head 1");
    assert_eq!(parsed.to_string(), text.replace(" = ", "="));
}

/// Calls `visit` for every expression of a query.
fn walk(expr: &Spanned<Expr>, visit: &mut dyn FnMut(&Spanned<Expr>)) {
    visit(expr);
    match &expr.node {
        Expr::Not(operand) | Expr::Neg(operand) => walk(operand, visit),
        Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| walk(part, visit)),
        Expr::Compare(c) => [&c.left, &c.right].into_iter().for_each(|side| walk(side, visit)),
        Expr::Arith(a) => [&a.left, &a.right].into_iter().for_each(|side| walk(side, visit)),
        Expr::In(test) => {
            walk(&test.value, visit);
            test.list.iter().for_each(|item| walk(item, visit));
        }
        Expr::Match(test) => walk(&test.value, visit),
        Expr::Call(call) => call.args.iter().for_each(|argument| walk(argument, visit)),
        Expr::DescendantOf(query) => walk(&query.condition, visit),
        Expr::Literal(_) | Expr::Field(_) | Expr::Variable(_) => {}
    }
}

#[test]
fn the_text_of_a_span_is_the_node() {
    let texts = [
        "a or  ( b and ( c ) ) /* d */ or not  ( e == 1 ) ",
        "  ( ( a + 1 ) * - ( b ) ) in ( 1 , ( 2 ) , f ( x ) ) // c",
        "f~ ( a . b , ? `c d` ) : ( \"x\" , \"y\" )  and  $e . f . g  ==  null",
        "+ ( a ) == - + 1 and ( x ) not  in~ ( y or z ) and ( descendant of [ p where q /* r */ ] )",
        "é == 1".replace('é', "`é`").leak(),
        "\"ä\" == `ö` and (\"\"\"ü\"\"\") < 1.5e3",
    ];
    for text in texts {
        let text = format!("any  where {text}");
        let Body::Event(event) = query(&text).body else { panic!() };
        let mut nodes = 0;
        walk(&event.condition, &mut |expr| {
            let slice = &text[expr.span.range()];
            assert_eq!(slice.trim(), slice, "{text}");
            assert_eq!(condition(slice), *expr, "{text}: {slice}");
            nodes += 1;
        });
        assert!(nodes >= 3, "{text}");
    }
}

#[test]
fn operators_and_names_have_spans() {
    let text = "any where startsWith~ (a) >= 1 and b not  in~ (1) and c like~ \"d\" and e - f == 2";
    let Body::Event(event) = query(text).body else { panic!() };
    let mut seen = Vec::new();
    walk(&event.condition, &mut |expr| match &expr.node {
        Expr::Compare(c) => seen.push(&text[c.op.span.range()]),
        Expr::Arith(a) => seen.push(&text[a.op.span.range()]),
        Expr::Match(m) => {
            seen.extend([&text[m.op.span.range()], &text[m.patterns[0].span.range()]]);
        }
        Expr::Call(c) => seen.push(&text[c.name.span.range()]),
        _ => {}
    });
    assert_eq!(seen, [">=", "startsWith", "like~", "\"d\"", "==", "-"]);
}

#[test]
fn comments_are_no_part_of_what_stands_before_them() {
    let text =
        "process /* a */ // b\nwhere parent.name /* c */ == 1 and ?pid// d\n== `e f` /* g */";
    let Body::Event(event) = query(text).body else { panic!() };
    assert_eq!(&text[event.category.span.range()], "process");
    let mut seen = Vec::new();
    walk(&event.condition, &mut |expr| {
        if let Expr::Field(_) = expr.node {
            seen.push(&text[expr.span.range()]);
        }
    });
    assert_eq!(seen, ["parent.name", "?pid", "`e f`"]);
}

#[test]
fn errors_have_codes_and_places() {
    use Code::{
        ArrayIndex, BadCategory, BadEscape, BadPipeArgument, BadRuns, BadSample, BadTimeSpan,
        BadUnicodeEscape, ChainedComparison, EndpointOnly, JoinUnsupported, KeyNotField,
        KeywordCase, LegacyRawString, NotBeforeMatch, NumberRange, SingleEquals, SingleQuotes,
        Syntax, UnexpectedCharacter, UnknownPipe, Unterminated, WithBeforeBy,
    };
    let cases: &[(&str, &[(Code, &str)])] = &[
        ("process where a = 1", &[(SingleEquals, "=")]),
        ("process WHERE a AND b", &[(KeywordCase, "WHERE"), (KeywordCase, "AND")]),
        ("process where a == True", &[(KeywordCase, "True")]),
        ("process where a == 'b'", &[(SingleQuotes, "'b'")]),
        (
            "process where a == ?\"b\" or ?'c' == d",
            &[(LegacyRawString, "?\"b\""), (LegacyRawString, "?'c'")],
        ),
        (r#"process where a == "b\cé\é""#, &[(BadEscape, "\\c"), (BadEscape, "\\é")]),
        (
            r#"process where a == "\u{1}\u41""#,
            &[(BadUnicodeEscape, "\\u{1}"), (BadUnicodeEscape, "\\u41")],
        ),
        ("process where a == \"b\n", &[(Unterminated, "\"b")]),
        (
            "process where a[0] and b.c[1].d[2]",
            &[(ArrayIndex, "[0]"), (ArrayIndex, "[1]"), (ArrayIndex, "[2]")],
        ),
        ("process where a < b <= c", &[(ChainedComparison, "<=")]),
        ("process where a not : \"b\"", &[(NotBeforeMatch, "not")]),
        ("process where 1e400 == 1", &[(NumberRange, "1e400")]),
        ("process where a # b", &[(UnexpectedCharacter, "#"), (Syntax, "b")]),
        ("`p` where a", &[(BadCategory, "`p`")]),
        ("where a", &[(BadCategory, "where")]),
        ("sequence [where a] [b where c]", &[(BadCategory, "where")]),
        ("join [a where b] [c where d]", &[(JoinUnsupported, "join")]),
        ("sequence by f(a) [a where b]", &[(KeyNotField, "f(a)")]),
        ("sequence with maxspan=1m by a [a where b]", &[(WithBeforeBy, "by a")]),
        ("sequence with maxspan=1.5 m [a where b]", &[(BadTimeSpan, "1.5 m")]),
        ("sequence [a where b] with runs=1.5", &[(BadRuns, "1.5")]),
        (
            "sample by a ![a where b] as c",
            &[(BadSample, "!["), (BadSample, "as c"), (EndpointOnly, "as c")],
        ),
        (
            "a where descendant of [b where $c]",
            &[(EndpointOnly, "descendant of"), (EndpointOnly, "$c")],
        ),
        ("a where b | haed 1 | sort", &[(UnknownPipe, "haed"), (UnknownPipe, "sort")]),
        ("a where b | head 1, 2, 3", &[(BadPipeArgument, "2, 3")]),
        ("a where (b", &[(Syntax, "(")]),
        ("a where b)", &[(Syntax, ")")]),
        ("a where x in (1, 2,) and y in ()", &[(Syntax, ","), (Syntax, "()")]),
        ("a where x == == 1 and f(,) and (y z)", &[(Syntax, "=="), (Syntax, ","), (Syntax, "z")]),
    ];
    for (text, expected) in cases {
        let found: Vec<(Code, &str)> =
            errors(text).iter().map(|error| (error.code, &text[error.span.range()])).collect();
        let mut expected = expected.to_vec();
        expected.sort_by_key(|(code, slice)| (text.find(slice), *code));
        let mut sorted = found.clone();
        sorted.sort_by_key(|(code, slice)| (text.find(slice), *code));
        assert_eq!(sorted, expected, "{text}");
    }
}

#[test]
fn patches_mend_what_they_patch() {
    let cases = [
        ("a where b = 1", "a where b == 1"),
        ("a WHERE NOT b OR c IN~ (1)", "a where not b or c in~ (1)"),
        ("a where b == 'c \"d\" \\\\'", "a where b == \"c \\\"d\\\" \\\\\""),
        ("a where b == ?\"c\\d\"", "a where b == \"\"\"c\\d\"\"\""),
        ("a where b == ?'c\"d'", "a where b == \"\"\"c\"d\"\"\""),
        ("a where b == \"C:\\Win\\dir\"", "a where b == \"C:\\\\Win\\\\dir\""),
        ("a where b && c || d === 1 and e <> 2", "a where b and c or d == 1 and e != 2"),
        ("a where b not like \"c\" and d", "a where not b like \"c\" and d"),
        ("a where b.0.c == 1", "a where b.`0`.c == 1"),
        ("a where by == 1 and x.in == 2", "a where `by` == 1 and x.`in` == 2"),
        ("a where b in \"c\"", "a where b in (\"c\")"),
        ("a where b in (1,)", "a where b in (1)"),
        ("`a` where b", "\"a\" where b"),
        ("a where b;", "a where b"),
        ("a\u{a0}where b", "a where b"),
        ("a where b | HEAD 1", "a where b | head 1"),
        ("sequence by a [b where c] with run=2", "sequence by a [b where c] with runs=2"),
    ];
    for (text, expected) in cases {
        let mut mended = text.to_owned();
        for error in errors(text).iter().rev() {
            let patch = error.patch.as_ref().unwrap_or_else(|| panic!("{text}: {error:?}"));
            mended.replace_range(patch.span.range(), &patch.replacement);
        }
        assert_eq!(mended, expected, "{text}");
        let fixed = parse(&mended, Dialect::Elasticsearch);
        assert!(fixed.is_ok(), "{mended}: {fixed:?}");
    }
}

#[test]
fn places_are_right_beside_wide_characters() {
    let text = "process where name == \"äöü😀\" and größe = 1";
    let places: Vec<&str> = errors(text).iter().map(|error| &text[error.span.range()]).collect();
    assert_eq!(places, ["öß", "="]);
}

#[test]
fn the_dialect_decides_about_its_constructs() {
    let texts = [
        "a where descendant of [b where c]",
        "a where _ArraySearch(b, $c, true)",
        "sequence [a where b] as event0 [c where d == event0.e]",
        "sequence [a where b] as event0 by x [c where d] by y as event1",
    ];
    for text in texts {
        assert!(parse(text, Dialect::Endpoint).is_ok(), "{text}");
        assert!(errors(text).iter().all(|error| error.code == Code::EndpointOnly), "{text}");
    }
}

#[test]
fn layout_means_nothing() {
    let tight = "sequence by a,?b with maxspan=1m[p where x==1 and not y in~(\"z\",-1)]by c![any where f(g)]|head 2";
    let wide = tight
        .replace(',', " , // comment\n")
        .replace("==", "/**/==\r\n")
        .replace('[', " [ ")
        .replace("! [", "![")
        .replace(']', "\t] /* * / */ ")
        .replace('|', "\n|\n");
    assert_eq!(query(tight), query(&wide));
}
