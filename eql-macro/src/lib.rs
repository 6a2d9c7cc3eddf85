//! The procedural macros of `eql`; use them through the crate `eql`.

use proc_macro::TokenStream;

/// Compiles a detection rule into a matcher and an alert.
///
/// It stands on a struct without members, which becomes the rule:
///
/// ```
/// #[eql::rule(
///     name = "Script host started by Office",
///     severity = "high",
///     risk_score = 73,
///     index = ["logs-endpoint.events.process-*"],
///     threat = ["TA0002/T1059.005"],
///     query(
///         process where event.type == "start" and
///          process.name : ("wscript.exe", "cscript.exe") and
///          process.parent.name : ("winword.exe", "excel.exe")
///     )
/// )]
/// pub struct OfficeScriptHost;
///
/// let event = serde_json::json!({
///     "event": { "category": ["process"], "type": ["start"] },
///     "process": { "name": "WScript.exe", "parent": { "name": "WINWORD.EXE" } },
/// });
/// assert!(OfficeScriptHost::matches(&event));
/// assert_eq!(OfficeScriptHost::META.severity, eql::Severity::High);
/// ```
///
/// # What it generates
///
/// For a struct `MyRule`:
///
/// * `impl eql::Rule for MyRule`, with the metadata as the constant `MyRule::META`;
/// * `MyRule::matches(&event) -> bool`, for every event type that carries the fields that the query reads
///   ([`derive(eql::Event)`](derive@Event), or a JSON document). An event type that lacks one of them is a
///   compile error that names the field;
/// * `struct MyRuleAlert`, with a member for each field that the query reads and the alert document as
///   Kibana writes it; `eql::EventRule::alert` makes one;
/// * documentation: description, severity, schedule, ATT&CK and the query, so that `cargo doc` is a
///   catalogue of the rules of a crate.
///
/// # The query
///
/// One of these three; the book says
/// [what EQL means](https://github.com/eql-rs/eql/blob/main/docs/semantics.md):
///
/// | key | value |
/// |---|---|
/// | `query(…)` | EQL as tokens: the compiler underlines the very word that is wrong. Not for text that Rust cannot read as tokens: back-quoted names, single backslashes |
/// | `query = "…"` | EQL as a string literal, best a raw one: `r#"…"#`. Errors show file, line and column |
/// | `path = "rules/x.toml"` | A rule file in the detection-rules format, or in that of Elastic Defend's behaviour rules. The path starts at the folder of `Cargo.toml`; an edit of the file builds the rule again. All metadata is in the file |
///
/// # Keys
///
/// `name`, `severity` and `risk_score` must be given; the rest has a default or may be left out.
///
/// | key | value | default |
/// |---|---|---|
/// | `rule_id` | the stable identity of the rule, a UUID by custom | a UUID made of `name` |
/// | `name` | title of the rule and of its alerts | |
/// | `description` | what the rule detects | the struct's doc comment, else `name` |
/// | `severity` | `"low"`, `"medium"`, `"high"` or `"critical"` | |
/// | `risk_score` | 0 to 100 | |
/// | `index` | index patterns that the rule is meant for: `["logs-endpoint.events.*"]` | `[]` |
/// | `interval` | time between two runs: a number and `s`, `m`, `h` or `d` | `"5m"` |
/// | `from` | start of the window that a run searches, in date math | `"now-6m"` |
/// | `to` | end of that window | `"now"` |
/// | `max_signals` | the most alerts that one run creates | `100` |
/// | `threat` | ATT&CK: `["TA0009/T1114.001"]`, or tables as in a rule file. Names, parent techniques and links come from the id | `[]` |
/// | `tags`, `references`, `false_positives`, `author` | lists of strings | `[]` |
/// | `license`, `note`, `setup` | strings; `note` and `setup` are Markdown | `""` |
/// | `version` | from 1 | `1` |
/// | `building_block_type` | `"default"`: alerts are building blocks | |
/// | `event_category_override` | the field that the word before `where` is compared with | `"event.category"` |
/// | `timestamp_field`, `tiebreaker_field` | fields that order events | `"@timestamp"`, none |
/// | `timestamp_override` | the field that decides in which window an event is | |
/// | `rule_name_override` | the field whose value replaces the rule's name in alerts | |
///
/// Every further key of Kibana's rules (`risk_score_mapping`, `severity_mapping`, `alert_suppression`,
/// `investigation_fields`, `related_integrations`, `required_fields`, `exceptions_list`, …) is taken as it is, with
/// tables in braces, `{ key = value }`, and stands in `META.other` and in the alerts' copy of the rule.
///
/// For the compiler itself:
///
/// | key | value |
/// |---|---|
/// | `dialect` | `"elasticsearch"`, or `"endpoint"` for the language of Elastic Defend's rules |
/// | `allow(…)`, `warn(…)`, `deny(…)` | lints by name, such as `slow_wildcard`; they win over `[lints]` of `eql.toml` |
/// | `print` | `"ast"`, `"hir"` or `"code"`: prints that to standard error while the rule compiles |
/// | `crate` | the path of the crate `eql`, where it has another name: `crate = my::eql` |
///
/// # Errors
///
/// All errors of a rule show in one build, each with a stable code; the book has
/// [an entry for each](https://github.com/eql-rs/eql/blob/main/docs/diagnostics.md). A rule with errors still
/// defines its struct, its alert and its methods, so that no other error follows from them.
#[proc_macro_attribute]
pub fn rule(args: TokenStream, item: TokenStream) -> TokenStream {
    eql_codegen::expand_rule(args.into(), item.into()).into()
}

/// Compiles a folder of rule files into a module, as one set.
///
/// ```ignore
/// eql::rules! { pub mod pack = "rules/**/*.toml" }
///
/// eql::rules! {
///     pub mod endpoint = ["rules/endpoint", "more/*.toml"],
///         exclude = "rules/endpoint/deprecated",
///         dialect = "endpoint"
/// }
/// ```
///
/// Patterns start at the folder of `Cargo.toml`; the path of a folder means every `.toml` file below it. Files may be of
/// both formats that [`macro@rule`] reads; `dialect` is for those of the first. Fixtures, files whose name ends with
/// `.test.toml`, are passed over: the macro `fixtures!` of the crate `eql-eval` makes tests of them. The module has
///
/// * a struct for each file, named after it (`collection_outlook_com.toml` is `CollectionOutlookCom`), with
///   `META`, and `matches` or `machine` as [`macro@rule`] makes them. Alerts are documents: a rule whose alert should
///   be a struct stands on its own;
/// * `RULES`, the metadata of all rules, in the order of the paths;
/// * `Row`, an event of which just the fields that the rules read are taken out, and `Detector`, all rules with fresh
///   state, which tests only those that a row can match: see the module `set` of the crate `eql`;
/// * `driver()`, the two as a sensor drives them;
/// * `detectors::<E>()`, all rules one by one, over events of any type `E` that carries their fields.
///
/// Two files with the same name or the same `rule_id` are an error. A rule that does not compile is an error at its
/// place in the file, and the others compile. An edit of a file builds the set again. Cargo does not see a file that is
/// new; a build script with `println!("cargo::rerun-if-changed=rules")` makes it look.
///
/// Types that [`macro@rule`] stands on make a module too: `pub mod all = [OutlookIpc, crate::other::Rule]`, with `RULES`,
/// `detectors` and `driver`. What they read is not known to the macro, so that it does not plan them.
///
/// `#[eql(crate = path)]` before `pub mod` names the crate `eql` where it has another name, and
/// `#[eql(print = "plan")]` prints to standard error, while the set compiles, which guards each term has.
#[proc_macro]
pub fn rules(input: TokenStream) -> TokenStream {
    eql_codegen::expand_rules(input.into()).into()
}

/// Makes a struct an event: says which fields its members carry.
///
/// ```
/// #[derive(eql::Event)]
/// #[eql(category = "process")]
/// struct ProcessStart<'a> {
///     #[eql(field = "@timestamp")]
///     time: eql::Timestamp,
///     #[eql(field = "process.name")]
///     name: &'a str,
///     #[eql(field = "process.args")]
///     args: Vec<&'a str>,
///     #[eql(field = "process.parent.name")]
///     parent: Option<&'a str>,
///     /// A member without an attribute is the sensor's own.
///     sequence_number: u64,
/// }
/// ```
///
/// The Rust types that a field may have are listed at `eql::convert::FieldValue`. `Option` and `Vec` make a
/// field absent or multi-valued.
///
/// | on | key | meaning |
/// |---|---|---|
/// | a member | `field = "process.name"` | carries this field; may stand more than once |
/// | the struct | `category = "process"` | every event has this `event.category` |
/// | the struct | `constant("event.type" = "start")` | every event has this value in this field |
/// | the struct | `crate = path` | the path of the crate `eql`, where it has another name |
///
/// Fields are those of ECS, of Elastic Endpoint, and of `[fields]` in the `eql.toml` beside `Cargo.toml`. A
/// name that is none of them is a compile error.
#[proc_macro_derive(Event, attributes(eql))]
pub fn event(item: TokenStream) -> TokenStream {
    eql_codegen::expand_event(item.into()).into()
}
