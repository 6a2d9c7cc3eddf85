//! `eql explain`

mod english;
mod event;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use eql_codegen::{Indexed, Partition};
use eql_eval::words::{Words, join};
use eql_grammar::ast::{Body, Expr, FieldPath, Query, Term};
use eql_grammar::hir::{self, Root};
use eql_grammar::meta::Meta;
use eql_grammar::rule::Rule;
use eql_grammar::schedule;
use eql_grammar::schema::{self, Origin, Schema};
use eql_grammar::span::Spanned;
use serde_json::{Value as Json, json};

use crate::cli::{Color, ReadArgs};
use crate::exit::{Error, Exit};
use crate::load::{Kind, Loaded, Source};
use crate::pick;

const ABOUT: &str = "\
Says what a rule looks for and, given events, why it matches them or not.

Without --event: the rule in plain English, the fields that it reads with their types, what a rule set
looks up before it tests the rule, and how its work may be split among workers.

With --event: for an event query, whether each part of it is true, false, or false because its field is
absent, with the values seen, and the one thing, or the few, that would have to be otherwise. For a
sequence or a sample, how far each join key came, and what the next event lacks.";

const AFTER: &str = "\
Exit codes:
  0  done, whether or not anything matches
  2  wrong usage, an error in the rule, or something could not be read or written

Examples:
  eql explain rules/outlook.toml
  eql explain rules/outlook.toml --event event.json          why (not)?
  eql explain rules/outlook.toml --event - < events.ndjson   a line for each event
  eql explain export.ndjson --rule 'Name of a rule'          one of several
  eql explain rules/outlook.toml --code                      the Rust code that it becomes";

/// `eql explain`
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Args {
    /// The file with the rule.
    pub(crate) path: PathBuf,

    /// The rule of a file with several, by its `rule_id` or name.
    #[arg(long, value_name = "ID_OR_NAME")]
    pub(crate) rule: Option<String>,

    /// Events: NDJSON, an array, one object, or what a search answers; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) event: Option<PathBuf>,

    /// Show every part for this event, counted from 1; may be given several times.
    #[arg(long, value_name = "N", requires = "event")]
    pub(crate) number: Vec<usize>,

    /// Show the Rust code that the rule becomes.
    #[arg(long, conflicts_with_all = ["event", "format"])]
    pub(crate) code: bool,

    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// Whether to color the output.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// How an answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Text.
    Human,
    /// One JSON object.
    Json,
}

/// Explains the rule that the command line names.
pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    let (source, loaded) = pick::one(&args.path, args.rule.as_deref(), &args.read, args.color)?;
    let Some(rule) = &loaded.rule else {
        return Err(Error::Message(format!("the rule of `{}` has errors", source.name)));
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.code {
        let code = eql_codegen::code(rule.clone(), &loaded.query, &type_name(&source, rule));
        write!(out, "{}", eql_codegen::pretty(&code))?;
        out.flush()?;
        return Ok(Exit::Clean);
    }
    let words = Words::of_rule(rule, &source.project.schema);
    match &args.event {
        Some(path) => event::explain(&mut out, &words, path, args)?,
        None => {
            let about = About::new(&source, &loaded, rule, &words);
            match args.format {
                Format::Human => about.human(&mut out)?,
                Format::Json => writeln!(out, "{}", about.json())?,
            }
        }
    }
    out.flush()?;
    Ok(Exit::Clean)
}

/// The name of a struct for the rule: after the file where that is the rule's own.
fn type_name(source: &Source, rule: &Rule) -> String {
    let stem = Path::new(&source.name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    stem.filter(|_| source.kind != Kind::Ndjson).unwrap_or_else(|| rule.meta.name.clone())
}

/// What there is to say of a rule by itself.
struct About<'a> {
    place: String,
    rule_id: Option<&'a str>,
    meta: &'a Meta,
    /// Whether the source is a query and nothing else.
    bare: bool,
    description: Vec<String>,
    fields: Vec<Field>,
    indexed: Vec<Indexed>,
    partition: Partition,
}

/// A field that the rule reads.
struct Field {
    path: String,
    ty: &'static str,
    from: String,
}

impl<'a> About<'a> {
    fn new(source: &Source, loaded: &'a Loaded, rule: &'a Rule, words: &Words) -> Self {
        Self {
            place: format!("{}:{}", source.name, loaded.line),
            rule_id: loaded.rule_id.as_deref(),
            meta: &rule.meta,
            bare: source.kind == Kind::Eql,
            description: english::describe(words.query(), words.context()),
            fields: fields(&rule.hir, words.query(), &source.project.schema),
            indexed: eql_codegen::indexed(&rule.hir),
            partition: Partition::of(&rule.hir),
        }
    }

    fn human(&self, out: &mut impl io::Write) -> io::Result<()> {
        writeln!(out, "{}", self.meta.name)?;
        let mut facts = vec![self.place.clone()];
        facts.extend(self.rule_id.map(|id| format!("rule_id {id}")));
        writeln!(out, "{}", facts.join(", "))?;
        if !self.bare {
            let schedule = &self.meta.schedule;
            writeln!(
                out,
                "severity {}, risk score {}, runs every {} over the last {}",
                self.meta.severity.as_str(),
                self.meta.risk_score,
                schedule::show(schedule.interval),
                schedule::show(schedule.from),
            )?;
        }
        writeln!(out)?;
        for line in &self.description {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "\nFields")?;
        let width = self.fields.iter().map(|field| field.path.chars().count()).max().unwrap_or(0);
        for Field { path, ty, from } in &self.fields {
            writeln!(out, "  {path:width$}  {ty:13}  {from}")?;
        }
        writeln!(out, "\nIndex, in a set of rules")?;
        if self.indexed.is_empty() {
            writeln!(out, "  every event is tested, since the rule asks about all processes")?;
        }
        for indexed in &self.indexed {
            writeln!(out, "  {}", in_words(indexed, self.indexed.len() > 1))?;
        }
        writeln!(out, "\nPartition\n  {}", split(&self.partition))
    }

    fn json(&self) -> Json {
        let field =
            |field: &Field| json!({"path": field.path, "type": field.ty, "from": field.from});
        let indexed = |indexed: &Indexed| {
            let guard =
                |guard: &eql_codegen::Guard| json!({"text": guard.text, "share": guard.share});
            json!({
                "term": indexed.term.map(|term| term + 1),
                "categories": indexed.categories,
                "systems": indexed.systems,
                "types": indexed.types,
                "guards": indexed.guards.iter().map(guard).collect::<Vec<_>>(),
            })
        };
        let (kind, keys) = match &self.partition {
            Partition::Stateless => ("Stateless", None),
            Partition::HostLocal => ("HostLocal", None),
            Partition::ReKey(keys) => ("ReKey", Some(keys)),
            Partition::Whole => ("Whole", None),
        };
        json!({
            "rule": {"name": self.meta.name, "rule_id": self.rule_id, "place": self.place},
            "description": self.description,
            "fields": self.fields.iter().map(field).collect::<Vec<_>>(),
            "index": self.indexed.iter().map(indexed).collect::<Vec<_>>(),
            "partition": {"kind": kind, "keys": keys},
        })
    }
}

fn in_words(indexed: &Indexed, several: bool) -> String {
    let mut text = match indexed.term {
        Some(term) if several => format!("term {}: ", term + 1),
        None => "until: ".to_owned(),
        Some(_) => String::new(),
    };
    let names =
        |names: &[String]| english::either(names.iter().map(|name| format!("`{name}`")).collect());
    text.push_str(&match indexed.categories.as_slice() {
        [] => "events of any category".to_owned(),
        list => format!("events of the category {}", names(list)),
    });
    if !indexed.types.is_empty() {
        text.push_str(&format!(" and the type {}", names(&indexed.types)));
    }
    if !indexed.systems.is_empty() {
        text.push_str(&format!(" on {}", names(&indexed.systems)));
    }
    if indexed.guards.is_empty() {
        text.push_str("; no guard, all of them are tested");
        return text;
    }
    let guards = indexed.guards.iter();
    let guards =
        guards.map(|guard| format!("{} (about {} % of them)", guard.text, percent(guard.share)));
    text.push_str(&format!("; tested where {}", join(guards)));
    text
}

/// With two digits that count.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent >= 10.0 {
        0
    } else if percent >= 1.0 {
        1
    } else if percent >= 0.1 {
        2
    } else {
        3
    };
    let text = format!("{percent:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn split(partition: &Partition) -> String {
    match partition {
        Partition::Stateless => "each event by itself: any worker may take any event".to_owned(),
        Partition::HostLocal => "by host: one worker sees all events of a host".to_owned(),
        Partition::ReKey(stages) => {
            let fields = |keys: &Vec<String>| {
                let name = |key: &String| {
                    if key.is_empty() { "(always absent)".to_owned() } else { format!("`{key}`") }
                };
                join(keys.iter().map(name))
            };
            let first = stages.first().map(&fields).unwrap_or_default();
            let keys = if stages.iter().all(|keys| fields(keys) == first) {
                first
            } else {
                let each = stages.iter().enumerate();
                join(each.map(|(at, keys)| format!("{} in term {}", fields(keys), at + 1)))
            };
            format!("by join key: one worker sees all events with the same value of {keys}")
        }
        Partition::Whole => "not at all: one worker sees all events".to_owned(),
    }
}

/// The fields that the rule reads of events, by path.
fn fields(query: &hir::Query, ast: &Query, schema: &Schema) -> Vec<Field> {
    let mut all: Vec<Field> = Vec::new();
    for field in &query.fields {
        let path = match field.root {
            Root::Event | Root::Stage(_) => field.path.clone(),
            Root::Element(_) => format!("(element).{}", field.path),
        };
        let info = schema.lookup(&field.path);
        let from = match info.as_ref().map(|info| info.origin) {
            _ if matches!(field.root, Root::Element(_)) => "an element of an array".to_owned(),
            Some(Origin::Own) => "eql.toml".to_owned(),
            Some(Origin::Flattened) => "below a flattened field".to_owned(),
            Some(Origin::Builtin) => {
                let name = |source: &str| match source {
                    "ecs" => "Elastic Common Schema".to_owned(),
                    "endpoint" => "Elastic Defend".to_owned(),
                    _ => "an integration".to_owned(),
                };
                join(schema::sources(&field.path).into_iter().map(name))
            }
            None => "unknown".to_owned(),
        };
        all.push(Field { path, ty: field.ty.map_or("objects", |ty| ty.name()), from });
    }
    for path in optional_fields(ast) {
        if schema.lookup(&path).is_none() {
            let from = "not in the schema, so always absent".to_owned();
            all.push(Field { path, ty: "null", from });
        }
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all.dedup_by(|a, b| a.path == b.path);
    all
}

/// The paths that are written `?f`.
fn optional_fields(query: &Query) -> Vec<String> {
    let mut found = Vec::new();
    let mut of_terms = |shared: &[Spanned<FieldPath>], terms: Vec<&Term>| {
        for field in shared.iter().chain(terms.iter().flat_map(|term| &term.by)) {
            found.extend(field.optional.then(|| field.path.clone()));
        }
        terms.iter().for_each(|term| of_expression(&term.query.condition, &mut found));
    };
    match &query.body {
        Body::Event(query) => of_expression(&query.condition, &mut found),
        Body::Sequence(sequence) => {
            let terms = sequence.terms.iter().chain(&sequence.until).map(|term| &term.node);
            of_terms(&sequence.by, terms.collect());
        }
        Body::Sample(sample) => {
            of_terms(&sample.by, sample.terms.iter().map(|term| &term.node).collect());
        }
    }
    found
}

fn of_expression(expr: &Expr, found: &mut Vec<String>) {
    match expr {
        Expr::Field(field) => found.extend(field.optional.then(|| field.path.clone())),
        Expr::Literal(_) | Expr::Variable(_) => {}
        Expr::Not(inner) | Expr::Neg(inner) => of_expression(inner, found),
        Expr::And(list) | Expr::Or(list) => list.iter().for_each(|e| of_expression(e, found)),
        Expr::Compare(c) => [&c.left, &c.right].into_iter().for_each(|e| of_expression(e, found)),
        Expr::Arith(a) => [&a.left, &a.right].into_iter().for_each(|e| of_expression(e, found)),
        Expr::In(test) => {
            [&test.value].into_iter().chain(&test.list).for_each(|e| of_expression(e, found))
        }
        Expr::Match(test) => of_expression(&test.value, found),
        Expr::Call(call) => call.args.iter().for_each(|e| of_expression(e, found)),
        Expr::DescendantOf(query) => of_expression(&query.condition, found),
    }
}
