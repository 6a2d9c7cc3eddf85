//! The reasons for which near misses are missed are what the near misses break.

mod corpus;

use eql_eval::witness::{NearMiss, near_misses};
use eql_eval::{Obstacle, explain, progress, reasons};
use eql_grammar::ast::Body;
use eql_grammar::span::Span;

use corpus::{Rule, corpus};

/// What a near miss broke, as the events show it.
#[derive(Debug)]
enum Named {
    /// Conditions, at these places.
    Conditions(Vec<Span>),
    /// One of the other kinds, with the place in the query that it is about.
    Other(&'static str, Option<Span>),
    /// Several of them, or none; as they print.
    Mixed(#[expect(dead_code, reason = "printed where a test fails")] String),
}

fn named(rule: &Rule, miss: &NearMiss) -> Named {
    let terms = match &rule.query.body {
        Body::Event(query) => {
            let explanation = explain(query, &miss.events[0].source, &rule.cx);
            let spans = reasons(&explanation).iter().map(|reason| reason.part.span).collect();
            return Named::Conditions(spans);
        }
        Body::Sequence(sequence) => &sequence.terms,
        Body::Sample(sample) => &sample.terms,
    };
    let all = progress(&rule.query, &miss.events, &rule.cx);
    let Some(first) = all.first() else { return Named::Mixed("nothing".to_owned()) };
    let [obstacle] = first.obstacles.as_slice() else {
        return Named::Mixed(format!("{:?}", first.obstacles));
    };
    let span_of = |term: usize| terms.get(term).map(|term| term.span);
    match obstacle {
        Obstacle::Unmet { reasons, keys, out_of_order: false, .. }
            if keys.is_empty() && !reasons.is_empty() =>
        {
            Named::Conditions(reasons.iter().map(|reason| reason.part.span).collect())
        }
        Obstacle::Unmet { reasons, keys, out_of_order: false, .. }
            if reasons.is_empty() && keys.len() == 1 =>
        {
            Named::Other("key", None)
        }
        Obstacle::Unmet { reasons, keys, place, out_of_order: true, .. }
            if reasons.is_empty() && keys.is_empty() =>
        {
            Named::Other("order", span_of(place.term))
        }
        Obstacle::Late { by, .. } if *by == 1_000_000 => Named::Other("maxspan", None),
        Obstacle::Until { .. } => Named::Other("until", None),
        Obstacle::Unwanted { term, .. } => Named::Other("missing", span_of(*term)),
        other => Named::Mixed(format!("{other:?}")),
    }
}

/// Whether what was named is what the near miss says that it broke.
fn is_right(miss: &NearMiss, named: &Named) -> bool {
    let within = |span: &Span| miss.span.start <= span.start && span.end <= miss.span.end;
    match named {
        // A condition that has a span of its own, not one that the solver made.
        Named::Conditions(spans) => {
            miss.what.contains("does not meet") && !spans.is_empty() && spans.iter().all(within)
        }
        Named::Other(kind, span) => {
            let kind_is_right = match *kind {
                "key" => miss.what.contains("has another"),
                "order" => miss.what.contains("comes before"),
                "maxspan" => miss.what.contains("`maxspan`"),
                "until" => miss.what.contains("`until`"),
                _ => miss.what.contains("must be missing"),
            };
            kind_is_right && (*kind == "order" || span.is_none_or(|span| span == miss.span))
        }
        Named::Mixed(_) => false,
    }
}

#[test]
fn reasons_name_what_a_near_miss_broke() {
    let Some(rules) = corpus() else { return };
    let step = if cfg!(debug_assertions) { 20 } else { 1 };
    let (mut total, mut wrong, mut many, mut of_rules) = (0, Vec::new(), 0, 0);
    for rule in rules.iter().step_by(step) {
        of_rules += 1;
        for miss in near_misses(&rule.query, &rule.cx) {
            total += 1;
            let named = named(rule, &miss);
            if let Named::Conditions(spans) = &named {
                many += usize::from(spans.len() > 1);
            }
            if !is_right(&miss, &named) {
                let text = &rule.text[miss.span.range()];
                wrong.push(format!("{}: {}\n  {text}\n  {named:?}", rule.path, miss.what));
            }
        }
    }
    println!(
        "{} of {total} near misses of {of_rules} rules are explained by what they broke; {many} of them \
         by more than one part",
        total - wrong.len()
    );
    for wrong in &wrong {
        println!("{}", wrong.chars().take(800).collect::<String>());
    }
    assert!(total > 5 * of_rules, "only {total} near misses");
    assert!(wrong.len() * 300 < total, "{} of {total} are explained otherwise", wrong.len());
}
