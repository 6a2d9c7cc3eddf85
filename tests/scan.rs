//! The projection scanner beside `serde_json`.

mod scan_documents;
#[cfg(not(miri))]
mod support;

use eql::json::Scalar;
use eql::scan::{Flaw, Projection, Raw, Scan};
use scan_documents::{Choose as _, Comparison, Outcome, PATHS, damage, document};

/// One line, all fields of [`PATHS`], all backends.
fn check(line: &str) -> Outcome {
    let mut comparison = Comparison::new(PATHS);
    let first = comparison.check(line.as_bytes());
    // Now that its keys are known.
    assert_eq!(comparison.check(line.as_bytes()), first);
    first
}

#[track_caller]
fn reads(line: &str) {
    assert_eq!(check(line), Outcome::Read, "{line}");
}

#[track_caller]
fn refuses(line: &str) {
    assert_eq!(check(line), Outcome::Refused, "{line}");
}

/// The values of one field.
fn values(path: &str, line: &str) -> Vec<String> {
    let projection = Projection::new(&[path]);
    let mut scan = Scan::new();
    scan.read(&projection, line.as_bytes()).expect("the line is an object");
    scan.values(0).map(|raw| format!("{raw:?}")).collect()
}

#[test]
fn values_come_in_the_order_of_the_line() {
    let line =
        r#"{"a":{"b":[1,[2,{"c":9}],{}]},"a.b":"3","z":0,"a.c":[{"d":1}],"b":true,"a.b.":4}"#;
    assert_eq!(values("a.b", line), [r#"Number("1")"#, r#"Number("2")"#, r#"Str("3")"#]);
    assert_eq!(values("a.c.d", line), [r#"Number("1")"#]);
    assert_eq!(values("a.b.c", line), [r#"Number("9")"#]);
    assert_eq!(values("b", line), ["Bool(true)"]);
    assert!(values("a.c", line).is_empty());
    reads(line);
}

#[test]
fn interleaved_fields_keep_their_order() {
    let projection = Projection::new(&["x.a", "x.b"]);
    let mut scan = Scan::new();
    scan.read(&projection, br#"{"x":[{"a":1,"b":2},{"b":3,"a":4},5]}"#).unwrap();
    assert_eq!(scan.values(0).collect::<Vec<_>>(), [Raw::Number("1"), Raw::Number("4")]);
    assert_eq!(scan.values(1).collect::<Vec<_>>(), [Raw::Number("2"), Raw::Number("3")]);
    assert!(scan.values(2).next().is_none(), "there is no such slot");
    assert!(!scan.has(2));
}

#[test]
fn keys_with_odd_dots() {
    for key in ["", ".", "..", "c.", ".c", "a..b", "a.b.", "c..", "...", "a.b.c."] {
        for inner in ["", ".", "c", ".c", "b", "b."] {
            reads(&format!(r#"{{"{key}":1}}"#));
            reads(&format!(r#"{{"{key}":{{"{inner}":[1,{{"":2}}]}}}}"#));
            reads(&format!(r#"{{"a":{{"{key}":{{"{inner}":1}},"b":{{"":2}}}}}}"#));
        }
    }
}

#[test]
fn escapes() {
    assert_eq!(
        values("a", r#"{"a":"\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00\u0000"}"#),
        [r#"Str("\"\\/\u{8}\u{c}\n\r\té😀\0")"#]
    );
    reads(r#"{"a":"\ud83d\ude00\ud83d\ude00","b":"\u0022\u005c"}"#);
    for lone in [
        r"\ud800",
        r"\udc00",
        r"\ud800x",
        r"\ud800\n",
        r"\ud800\ud800",
        r"\u12",
        r"\u12g4",
        r"\q",
        r"\",
    ] {
        refuses(&format!(r#"{{"a":"{lone}"}}"#));
        refuses(&format!(r#"{{"{lone}":1}}"#));
    }
}

#[test]
fn escaped_keys_are_the_keys_they_mean() {
    assert_eq!(values("ab.c", r#"{"\u0061b":{"c":1},"a\u0062.c":2}"#).len(), 2);
    reads(r#"{"q\"q":{"b":1},"q\u0022q.b":2,"back\\slash":3,"\u0001":{"a":4},"x\\":5,"\\":6}"#);
    reads(r#"{"a\u0022":1,"\u00e9.ü":2,"é":{"\u00fc":3}}"#);
}

#[test]
fn of_a_key_that_stands_twice_the_last_one_counts() {
    assert_eq!(values("a", r#"{"a":1,"b":2,"a":3}"#), [r#"Number("3")"#]);
    assert_eq!(values("a", r#"{"a":1,"\u0061":[]}"#).len(), 0);
    assert_eq!(values("a.b", r#"{"a":{"b":1},"a.b":2,"a":{"b":3}}"#).len(), 2);
    for line in [
        r#"{"a":{"b":1,"c":2},"a":{"b":{"c":3}}}"#,
        r#"{"a":[{"b":1},{"b":2,"b":3}],"x":1,"x":2}"#,
        r#"{ "a":1, "a":2}"#,
        r#"{"a":1 ,"a":null}"#,
        r#"{"a":{"b":{"c":1e5},"b":{"c":1E5}},"c":1.0,"c":-0}"#,
    ] {
        reads(line);
    }
}

#[test]
fn numbers() {
    let valid = [
        "0",
        "-0",
        "-0.0",
        "0.0",
        "1e0",
        "0E-0",
        "1e5",
        "1e99",
        "1e308",
        "1e-400",
        "0e99999",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "999999999999999999",
        "1000000000000000000",
        "0.1",
        "123456789012345678901234567890",
        "5e-324",
        "1.7976931348623157e308",
    ];
    for number in valid {
        reads(&format!(r#"{{"a":{number},"x":{number},"b":[{number},{number} ]}}"#));
    }
    reads(&format!(r#"{{"a":{0},"x":{0}}}"#, "9".repeat(308)));
    refuses(&format!(r#"{{"a":{0}}}"#, "9".repeat(400)));
    for number in [
        "1e400", "-1e400", "01", "-", "-a", "1.", "1.e5", ".5", "1e", "1e+", "+1", "1x", "--1",
        "00",
    ] {
        refuses(&format!(r#"{{"a":{number}}}"#));
        refuses(&format!(r#"{{"x":{number}}}"#));
        refuses(&format!(r#"{{"a":[1,{number}]}}"#));
    }
}

#[test]
fn scalars_of_numbers() {
    assert_eq!(Raw::Number("-0").scalar(), Some(Scalar::Float(-0.0)));
    assert_eq!(Raw::Number("0").scalar(), Some(Scalar::Int(0)));
    assert_eq!(
        Raw::Number("-999999999999999999").scalar(),
        Some(Scalar::Int(-999_999_999_999_999_999))
    );
    for wrong in ["", "-", "01", "00", "-01", "1 2", "1e400", "é", "0x1", "-1-", "true"] {
        assert_eq!(Raw::Number(wrong).scalar(), None, "{wrong}");
    }
}

#[test]
fn names() {
    reads(r#"{"a":true,"b":false,"c":null,"d":[true,null,false],"x":true,"y":null}"#);
    for name in ["tru", "True", "truE", "falsy", "fals", "nul", "nulL", "truefalse", "undefined"] {
        refuses(&format!(r#"{{"a":{name}}}"#));
        refuses(&format!(r#"{{"x":{name}}}"#));
    }
}

#[test]
fn nothing_around_the_object() {
    reads("{}");
    reads(" {} ");
    reads("\r\n\t {\"a\":1}\t\r\n");
    reads("{\"a\"\t:\n1,\r\"b\":[ ]}");
    for line in [
        "",
        " ",
        "[]",
        "1",
        "\"a\"",
        "null",
        "{}{}",
        "{} x",
        "{},",
        "\u{feff}{}",
        "{",
        "}",
        "{\"a\":1}}",
        "x{}",
        "[{}]",
    ] {
        refuses(line);
    }
    let flaw = |line: &[u8]| Scan::new().read(&Projection::new(&["a"]), line);
    assert_eq!(flaw(b"[]"), Err(Flaw::NotAnObject));
    assert_eq!(flaw(b"{\"a\":\"\xff\"}"), Err(Flaw::NotUtf8));
    assert_eq!(flaw(b"{\"b\":\"\xed\xa0\x80\"}"), Err(Flaw::NotUtf8));
    assert_eq!(flaw(b"\xef\xbb\xbf{}"), Err(Flaw::NotJson));
    assert_eq!(flaw(b"{\"x\":\"\0\"}"), Err(Flaw::NotJson));
    assert_eq!(flaw(b"{\"x\":{\"y\":\"\x1f\"}}"), Err(Flaw::NotJson));
}

#[test]
fn structure_on_the_way_to_a_field_is_looked_at() {
    for line in [
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{\"a\":1]",
        "{\"a\":[1}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1 2]}",
        "{\"a\":{\"b\":1}",
        "{\"a\":{\"b\":1},",
        "{\"a\":[1",
        "{\"a\":\"x",
        "{\"a",
        "{\"a\":\"x\\",
        "{\"a\":\"x\\\"",
        "{\"x\":\"y",
        "{\"x\":{\"y\":\"}",
        "{\"x\":[[]",
        "{\"a\":1{\"b\":2}",
        "{\"a\"::1}",
        "{\"a\":1,,\"b\":2}",
        "{{\"a\":1}}",
        "{\"a\":-}",
        "{\"a\":t",
        "{\"a\":1",
    ] {
        refuses(line);
        // The same after a line that is like it, and right.
        let mut comparison = Comparison::new(PATHS);
        comparison.check(br#"{"a":{"b":1},"b":2,"x":{"y":"z"}}"#);
        assert_eq!(comparison.check(line.as_bytes()), Outcome::Refused, "{line}");
    }
}

/// The whole of what is let through, as the module says.
#[test]
fn what_is_stepped_over_is_not_looked_at_closely() {
    for line in [
        // Anything between the brackets of an unwanted container, as long as strings end and brackets add up.
        r#"{"x":{"y" 1,,tru}}"#,
        r#"{"x":[1 2 {]]}"#,
        r#"{"x":{"y":1e400,"z":01}}"#,
        // Escapes of unwanted strings.
        r#"{"x":"\q"}"#,
        r#"{"x":"\ud800"}"#,
        r#"{"x":["\u12"]}"#,
        // An object where a field is wanted that no wanted path leads into.
        r#"{"b":{"a":{1}}}"#,
    ] {
        assert_eq!(check(line), Outcome::Lenient, "{line}");
    }
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    assert_eq!(check(&deep), Outcome::Lenient);
}

#[test]
fn depth() {
    for depth in [1, 98, 99, 100, 101, 126, 127, 128, 200, 5000] {
        let arrays = format!(r#"{{"a":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&arrays) == Outcome::Read, depth <= 126, "{depth} arrays");
        if depth > 126 {
            let result = Scan::new().read(&Projection::new(&["a"]), arrays.as_bytes());
            assert_eq!(result, Err(Flaw::TooDeep), "{depth}");
        }
    }
}

#[test]
fn strings_across_the_borders_of_blocks() {
    let step = if cfg!(miri) { 31 } else { 1 };
    for len in (0..200).step_by(step) {
        let text = "x".repeat(len);
        for tail in ["", "\\n", "\\\\", "\\\"", "\\\\\\\"", "é", "\\u00e9y", "{", "]"] {
            reads(&format!(
                r#"{{"a":"{text}{tail}","x":"{text}{tail}","y":{{"{text}":["{tail}{text}","\\"]}},"b":"{tail}"}}"#
            ));
            reads(&format!(r#"{{"{text}{tail}":1,"a":[{{"{text}{tail}":"{text}"}}],"b":2}}"#));
            reads(&format!(
                r#"{{"a":"{tail}{text}{tail}{text}","x":[["{text}{tail}"],[{{}}]],"b":2}}"#
            ));
        }
    }
}

#[test]
fn runs_of_backslashes() {
    let step = if cfg!(miri) { 17 } else { 1 };
    for before in (0..66).step_by(step) {
        for run in (0..70).step_by(step) {
            let text = format!("{}{}", "x".repeat(before), "\\".repeat(run));
            // An odd run takes the quote after it.
            let end = if run % 2 == 0 { "" } else { "n" };
            reads(&format!(r#"{{"a":"{text}{end}","x":"{text}{end}","y":["{text}{end}"],"b":1}}"#));
            if run % 2 == 1 {
                refuses(&format!(r#"{{"a":"{text}"}}"#));
                refuses(&format!(r#"{{"x":"{text}"}}"#));
                refuses(&format!(r#"{{"x":["{text}"]}}"#));
            }
        }
    }
}

#[test]
fn large_containers() {
    let count = if cfg!(miri) { 100 } else { 50_000 };
    let array = |element: &str| vec![element; count].join(",");
    reads(&format!(r#"{{"a":[{}],"b":[{}]}}"#, array("1"), array(r#""\\""#)));
    reads(&format!(r#"{{"a":[{}],"x":[{}]}}"#, array(r#"{"b":null}"#), array("[{}]")));
    let members: Vec<String> = (0..count).map(|at| format!(r#""k{at}":{at}"#)).collect();
    reads(&format!(r#"{{{},"a":1}}"#, members.join(",")));
}

/// A scan learns more keys than it keeps, twice over.
#[test]
fn more_keys_than_are_learned() {
    let mut comparison = Comparison::new(PATHS);
    for at in 0..if cfg!(miri) { 20 } else { 6000 } {
        let line = format!(r#"{{"a":{{"k{at}":1,"b":{at},"{at}":[]}},"z{at}":{{"a":1}},"b":2}}"#);
        assert_eq!(comparison.check(line.as_bytes()), Outcome::Read);
    }
}

#[test]
fn projections_take_turns() {
    let (one, two) = (Projection::new(&["a", "b"]), Projection::new(&["b"]));
    let mut scan = Scan::new();
    for _ in 0..3 {
        for projection in [&one, &two] {
            scan.read(projection, br#"{"a":1,"b":"x"}"#).unwrap();
            assert!(scan.has(projection.len() - 1));
            assert_eq!(scan.values(0).next() == Some(Raw::Number("1")), projection.len() == 2);
            assert!(!scan.has(projection.len()));
        }
    }
    scan.read(&Projection::new(&[]), b"{}").unwrap();
    assert!(!scan.has(0));
    assert!(scan.read(&one, b"{").is_err());
    assert!(!scan.has(0) && scan.line().is_empty());
}

/// How many documents are made: `EQL_SCAN_CASES`, for a longer search.
fn cases() -> usize {
    let few = if cfg!(miri) { 60 } else { 30_000 };
    std::env::var("EQL_SCAN_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(few)
}

#[test]
fn made_documents_are_read_as_serde_json_reads_them() {
    let seed = std::env::var("EQL_SCAN_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut comparison = Comparison::new(PATHS);
    let mut outcomes = [0_usize; 3];
    let mut executions = 0;
    while executions < cases() {
        let mut line = document(&mut random);
        for damaged in 0..=random.choose(4) {
            if damaged > 0 {
                damage(&mut line, &mut random);
            }
            outcomes[comparison.check(&line) as usize] += 1;
            executions += 1;
        }
    }
    let [read, refused, lenient] = outcomes;
    println!(
        "{executions} lines of seed {seed}: {read} read, {refused} refused, {lenient} read leniently"
    );
    assert!(read > executions / 5 && refused > executions / 10, "too few of one kind");
}

/// Every prefix of a document but the whole is refused.
#[test]
fn truncated_documents_are_refused() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut comparison = Comparison::new(PATHS);
    for _ in 0..if cfg!(miri) { 1 } else { 300 } {
        let line = document(&mut random);
        for end in 0..line.len() {
            if serde_json::from_slice::<serde_json::Value>(&line[..end]).is_err() {
                assert_eq!(comparison.check(&line[..end]), Outcome::Refused);
            }
        }
    }
}

/// Recorded telemetry, with the fields that the documents have.
#[cfg(not(miri))]
#[test]
fn recorded_events_are_read_as_serde_json_reads_them() {
    let Some(data) = support::folder("EQL_DATA") else { return };
    let events = support::json_lines(&data.join("sample-5k.ndjson.zst"));
    let mut paths = std::collections::BTreeSet::new();
    for event in &events {
        collect(event, "", &mut paths);
    }
    // Every third path is left out, so that something is stepped over.
    let paths: Vec<&'static str> = (0..)
        .zip(paths)
        .filter(|(at, _)| at % 3 != 0)
        .map(|(_, path)| &*Box::leak(path.into_boxed_str()))
        .collect();
    let mut comparison = Comparison::new(&paths);
    for event in &events {
        assert_eq!(comparison.check(event.to_string().as_bytes()), Outcome::Read);
    }
    println!("{} events, {} fields", events.len(), paths.len());
}

#[cfg(not(miri))]
fn collect(value: &serde_json::Value, path: &str, to: &mut std::collections::BTreeSet<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                collect(member, &format!("{path}{dot}{key}"), to);
            }
        }
        serde_json::Value::Array(elements) => elements.iter().for_each(|e| collect(e, path, to)),
        _ => {
            to.insert(path.to_owned());
        }
    }
}
