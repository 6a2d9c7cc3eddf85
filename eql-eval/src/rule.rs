//! From a rule to what is evaluated.

use eql_grammar::ast::{Body, Compare, CompareOp, EventQuery, Expr, FieldPath, In, Literal, Query};
use eql_grammar::meta::Meta;
use eql_grammar::rule::Rule;
use eql_grammar::schema::Schema;
use eql_grammar::span::{Span, Spanned};
use serde_json::Value as Json;

use crate::context::{Context, Mapping};

/// What a rule means for the evaluator: its query, with what its metadata asks of every event, and the fields that
/// the metadata puts in the place of the usual ones.
///
/// `os_list` of a rule of Elastic Defend becomes a condition on `host.os.type`, and a `timestamp_override` without
/// fallback one that the field is there.
///
/// ```
/// use eql_grammar::config::Lints;
/// use eql_grammar::rule::{Settings, check_file};
/// use eql_grammar::rule_file::parse_rule_file;
/// use eql_grammar::schema::Schema;
///
/// let text = r#"[rule]
/// rule_id = "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1"
/// name = "A"
/// description = "B."
/// severity = "low"
/// risk_score = 21
/// query = "process where true"
/// [rule.endpoint]
/// os_list = ["linux"]
/// "#;
/// let file = parse_rule_file(text).expect("a rule file");
/// let (schema, lints) = (Schema::default(), Lints::default());
/// let settings = Settings { schema: &schema, lints: &lints, attack: Default::default() };
/// let rule = check_file(&file, text, None, &settings).rule.expect("a rule without errors");
/// let (query, _) = eql_eval::of_rule(&rule, &schema);
/// assert!(query.to_string().contains("host.os.type"));
/// ```
#[must_use]
pub fn of_rule(rule: &Rule, schema: &Schema) -> (Query, Context) {
    let meta = &rule.meta;
    let usual = Context::new(Mapping::Schema(schema.clone()));
    let cx = Context {
        category_field: meta.event_category_override.clone().unwrap_or(usual.category_field),
        timestamp_field: meta.timestamp_field.clone().unwrap_or(usual.timestamp_field),
        tiebreaker_field: meta.tiebreaker_field.clone(),
        mapping: usual.mapping,
    };
    let mut query = rule.ast.clone();
    let required = required(meta);
    if !required.is_empty() {
        for event_query in event_queries(&mut query) {
            let condition = &mut event_query.condition;
            let all = required.iter().cloned().chain([condition.clone()]).collect();
            condition.node = Expr::And(all);
        }
    }
    (query, cx)
}

/// What the metadata of a rule asks of every event, as the compiler understands it: that it is of a system in
/// `os_list`, and has the `timestamp_override` where nothing stands in for it.
fn required(meta: &Meta) -> Vec<Spanned<Expr>> {
    let other = |key: &str| {
        let (_, json) = meta.other.iter().find(|(name, _)| name == key)?;
        serde_json::from_str::<Json>(json).ok()
    };
    let here = |node| Spanned::new(node, Span::default());
    let field =
        |path: &str| here(Expr::Field(FieldPath { optional: false, path: path.to_owned() }));
    let mut required = Vec::new();
    let systems =
        other("endpoint").and_then(|endpoint| Some(endpoint["os_list"].as_array()?.clone()));
    let systems: Vec<Spanned<Expr>> = systems
        .iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(|name| here(Expr::Literal(Literal::Str(name.to_owned()))))
        .collect();
    if !systems.is_empty() {
        let value = field("host.os.type");
        required.push(here(Expr::In(Box::new(In {
            value,
            negated: false,
            fold: false,
            list: systems,
        }))));
    }
    if let (Some(path), Some(Json::Bool(true))) =
        (&meta.timestamp_override, other("timestamp_override_fallback_disabled"))
    {
        let null = here(Expr::Literal(Literal::Null));
        let op = Spanned::new(CompareOp::Ne, Span::default());
        required.push(here(Expr::Compare(Box::new(Compare {
            left: field(path),
            op,
            right: null,
        }))));
    }
    required
}

fn event_queries(query: &mut Query) -> Vec<&mut EventQuery> {
    match &mut query.body {
        Body::Event(query) => vec![query],
        Body::Sequence(sequence) => {
            let terms = sequence.terms.iter_mut().map(|term| &mut term.node);
            terms
                .chain(sequence.until.as_mut().map(|until| &mut until.node))
                .map(|term| &mut term.query)
                .collect()
        }
        Body::Sample(sample) => sample.terms.iter_mut().map(|term| &mut term.node.query).collect(),
    }
}
