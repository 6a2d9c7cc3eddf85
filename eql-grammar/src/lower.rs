//! The pass from syntax to meaning: [`ast::Query`] to [`hir::Query`].

mod condition;
mod expr;
mod function;
mod literal;

use std::collections::HashMap;

use crate::ast::{self, Dialect};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{self, FieldIx, Root};
use crate::schema::{Holds, Origin, Schema, Type};
use crate::span::{Span, Spanned};

/// The most terms of a sequence, `runs` repeated.
pub const MAX_SEQUENCE_TERMS: usize = 256;
/// The most terms of a sample.
pub const MAX_SAMPLE_TERMS: usize = 5;
/// The most repetitions that `with runs` asks for.
pub const MAX_RUNS: u64 = 100;

const OS_TYPE: &str = "host.os.type";

/// What lowering has to know besides the query.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The dialect that the query was parsed in.
    pub dialect: Dialect,
    /// The fields there are.
    pub schema: &'a Schema,
    /// The field that the word before `where` is compared with.
    pub category_field: &'a str,
    /// The field that orders the events of a sequence.
    pub timestamp_field: &'a str,
    /// The field that orders its events of the same time.
    pub tiebreaker_field: Option<&'a str>,
    /// The systems that the rule is for, values of `host.os.type`; empty for all.
    pub os_list: &'a [String],
    /// A field that every event must have to be seen at all.
    pub required_field: Option<&'a str>,
}

impl<'a> Options<'a> {
    /// The fields that events are categorised and ordered by unless a rule says otherwise.
    #[must_use]
    pub const fn new(dialect: Dialect, schema: &'a Schema) -> Self {
        Self {
            dialect,
            schema,
            category_field: "event.category",
            timestamp_field: "@timestamp",
            tiebreaker_field: None,
            os_list: &[],
            required_field: None,
        }
    }
}

/// Resolves, checks and folds a query. What is wrong goes to `diags`; `None` where any of it is an error.
#[must_use]
pub fn lower(
    query: &ast::Query,
    options: &Options<'_>,
    diags: &mut Diagnostics,
) -> Option<hir::Query> {
    let mut found = Diagnostics::new();
    let mut cx = Lower {
        options: *options,
        diags: &mut found,
        fields: Vec::new(),
        index: HashMap::new(),
        aliases: Vec::new(),
        out_of_reach: Vec::new(),
        variables: Vec::new(),
        descendants: Vec::new(),
    };
    let body = cx.body(&query.body);
    let order = cx.order(&query.body);
    let processes = cx.processes();
    let pipes = query.pipes.iter().filter_map(|pipe| cx.pipe(pipe)).collect();
    let (fields, descendants) = (cx.fields, cx.descendants);
    let failed = found.has_errors();
    diags.append(found);
    match body {
        Some(body) if !failed => {
            let dialect = options.dialect;
            Some(hir::Query { dialect, body, pipes, fields, descendants, processes, order })
        }
        _ => None,
    }
}

struct Lower<'a, 'd> {
    options: Options<'a>,
    diags: &'d mut Diagnostics,
    fields: Vec<hir::Field>,
    /// By root and the path from the event down.
    index: HashMap<(Root, String), FieldIx>,
    /// Aliases of earlier stages, in scope for later ones.
    aliases: Vec<(String, usize)>,
    /// Aliases and `$variables` that are defined, but not for what is being lowered.
    out_of_reach: Vec<String>,
    /// Variables of the enclosing `_arraysearch` calls, outermost first, with the path of their array.
    variables: Vec<(String, String)>,
    descendants: Vec<hir::EventQuery>,
}

/// What a path turned out to be.
enum Resolved {
    Field(FieldIx, Type),
    /// An optional field that the schema does not have.
    Null,
    /// Already reported.
    Error,
}

impl<'a> Lower<'a, '_> {
    fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.diags.push(Diagnostic::new(code, span, message));
    }

    fn body(&mut self, body: &ast::Body) -> Option<hir::Body> {
        match body {
            ast::Body::Event(query) => self.event_query(query).map(hir::Body::Event),
            ast::Body::Sequence(sequence) => self.sequence(sequence).map(hir::Body::Sequence),
            ast::Body::Sample(sample) => self.sample(sample).map(hir::Body::Sample),
        }
    }

    /// What orders the events of a sequence. That these fields exist is checked with the metadata.
    fn order(&mut self, body: &ast::Body) -> Option<hir::Order> {
        let ast::Body::Sequence(sequence) = body else { return None };
        let place = sequence.terms.first().map_or_else(Span::default, |term| term.span);
        let path = self.options.timestamp_field;
        let timestamp = match self.own(path, place) {
            Resolved::Field(ix, Type::Date) => ix,
            Resolved::Field(_, ty) => {
                let message =
                    format!("events are ordered by a date, and `{path}` is {}", expr::a_type(ty));
                self.error(Code::TypeMismatch, place, message);
                return None;
            }
            Resolved::Null | Resolved::Error => return None,
        };
        let tiebreaker =
            self.options.tiebreaker_field.and_then(|path| match self.own(path, place) {
                Resolved::Field(ix, _) => Some(ix),
                Resolved::Null | Resolved::Error => None,
            });
        Some(hir::Order { timestamp, tiebreaker })
    }

    fn processes(&mut self) -> Option<hir::Processes> {
        if self.descendants.is_empty() {
            return None;
        }
        let mut id = |path: &str| match self.place(Root::Event, path, false, Span::default(), path)
        {
            Resolved::Field(ix, _) => Some(ix),
            Resolved::Null | Resolved::Error => None,
        };
        let own = id("process.entity_id")?;
        Some(hir::Processes { own, parent: id("process.parent.entity_id")? })
    }

    fn event_query(&mut self, query: &ast::EventQuery) -> Option<hir::EventQuery> {
        let category = match &query.category.node {
            ast::Category::Any => Some(None),
            ast::Category::Named(name) => {
                self.lint_category(name, query.category.span);
                let path = self.options.category_field;
                let field = ast::FieldPath { optional: false, path: path.to_owned() };
                match self.field(&field, query.category.span) {
                    Resolved::Field(ix, _) => Some(Some((ix, name.clone()))),
                    Resolved::Null | Resolved::Error => None,
                }
            }
        };
        let condition = self.condition(&query.condition);
        let condition = condition?;
        self.lint_constant(&query.condition, &condition);
        let condition = self.scoped(condition, query.category.span);
        Some(hir::EventQuery { category: category?, condition })
    }

    /// The condition with what the rule's metadata asks of every event.
    fn scoped(&mut self, condition: hir::Cond, span: Span) -> hir::Cond {
        let mut all = Vec::new();
        if !self.options.os_list.is_empty()
            && let Resolved::Field(field, _) = self.own(OS_TYPE, span)
        {
            let exact = self.options.os_list.to_vec();
            let test = hir::StringTest { exact, ..hir::StringTest::default() };
            all.push(hir::Cond::Test(field, hir::Test::Strings(test)));
        }
        if let Some(path) = self.options.required_field
            && let Resolved::Field(field, _) = self.own(path, span)
        {
            all.push(hir::Cond::Exists(field));
        }
        if all.is_empty() || condition == hir::Cond::Const(false) {
            return condition;
        }
        match condition {
            hir::Cond::Const(_) => {}
            hir::Cond::And(list) => all.extend(list),
            condition => all.push(condition),
        }
        if all.len() == 1 { all.remove(0) } else { hir::Cond::And(all) }
    }

    /// A field of the event itself that the rule does not name in its query.
    fn own(&mut self, path: &str, span: Span) -> Resolved {
        self.place(Root::Event, path, false, span, path)
    }

    fn lint_category(&mut self, name: &str, span: Span) {
        if self.options.category_field != "event.category" || crate::schema::known_category(name) {
            return;
        }
        let mut lint = Diagnostic::new(
            Code::UnknownCategory,
            span,
            format!("no ECS event has the category `{name}`"),
        )
        .label("the rule never matches where `event.category` follows ECS");
        if let Some(near) = crate::schema::suggest_category(name) {
            lint = lint.help(format!("a category with a similar name exists: `{near}`"));
        }
        self.diags.push(lint);
    }

    fn lint_constant(&mut self, written: &Spanned<ast::Expr>, condition: &hir::Cond) {
        let hir::Cond::Const(value) = condition else { return };
        if matches!(written.node, ast::Expr::Literal(_)) && *value {
            return;
        }
        let lint = if *value {
            Diagnostic::new(Code::AlwaysTrue, written.span, "this condition is always true")
                .label("no event can make it false")
                .help("write `where true` if every event of the category is meant")
        } else {
            Diagnostic::new(Code::AlwaysFalse, written.span, "this condition is never true")
                .label("no event can make it true, so the rule never fires")
        };
        self.diags.push(lint);
    }

    fn sequence(&mut self, sequence: &ast::Sequence) -> Option<hir::Sequence> {
        let maxspan = sequence.maxspan.as_ref().and_then(|span| self.maxspan(span));
        let mut stages = Vec::new();
        let mut total = 0;
        for (number, term) in sequence.terms.iter().enumerate() {
            let stage = if term.missing {
                self.alone(|cx| cx.stage(&sequence.by, term))
            } else {
                self.stage(&sequence.by, term)
            };
            if let Some(alias) = term.alias.as_ref().filter(|_| !term.missing) {
                self.aliases.push((alias.node.clone(), number));
            }
            total += term.runs.as_ref().map_or(1, |runs| runs.node.min(MAX_RUNS) as usize);
            stages.push(stage);
        }
        let until =
            sequence.until.as_ref().map(|term| self.alone(|cx| cx.stage(&sequence.by, term)));
        self.aliases.clear();
        let whole = span_of(&sequence.terms);
        self.check_term_count(total, whole, "sequence", MAX_SEQUENCE_TERMS);
        self.check_missing(sequence);
        let stages: Vec<hir::Stage> = stages.into_iter().collect::<Option<_>>()?;
        let until = match until {
            Some(stage) => Some(stage?),
            None => None,
        };
        let terms: Vec<_> = sequence.terms.iter().chain(&sequence.until).collect();
        let lowered: Vec<_> = stages.iter().chain(&until).collect();
        self.check_keys(&sequence.by, &terms, &lowered);
        Some(hir::Sequence { maxspan, stages, until })
    }

    /// Lowers what looks at its own event alone: a missing event, `until` and `descendant of`.
    fn alone<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        let aliases = std::mem::take(&mut self.aliases);
        let variables = std::mem::take(&mut self.variables);
        let before = self.out_of_reach.len();
        self.out_of_reach.extend(aliases.iter().map(|(name, _)| name.clone()));
        self.out_of_reach.extend(variables.iter().map(|(name, _)| format!("${name}")));
        let lowered = lower(self);
        self.out_of_reach.truncate(before);
        (self.aliases, self.variables) = (aliases, variables);
        lowered
    }

    /// Whether the name is one that is out of reach, which is reported.
    fn is_out_of_reach(&mut self, name: &str, span: Span) -> bool {
        if !self.out_of_reach.iter().any(|hidden| hidden == name) {
            return false;
        }
        self.diags.push(
            Diagnostic::new(
                Code::UnknownVariable,
                span,
                format!("`{name}` cannot be used here"),
            )
            .note("a missing event, `until` and `descendant of` each look at an event of their own"),
        );
        true
    }

    fn sample(&mut self, sample: &ast::Sample) -> Option<hir::Sample> {
        let stages: Vec<_> = sample.terms.iter().map(|term| self.stage(&sample.by, term)).collect();
        let whole = span_of(&sample.terms);
        self.check_term_count(sample.terms.len(), whole, "sample", MAX_SAMPLE_TERMS);
        let stages: Vec<hir::Stage> = stages.into_iter().collect::<Option<_>>()?;
        let terms: Vec<_> = sample.terms.iter().collect();
        self.check_keys(&sample.by, &terms, &stages.iter().collect::<Vec<_>>());
        if stages.iter().all(|stage| stage.keys.is_empty()) {
            self.diags.push(
                Diagnostic::new(Code::BadSample, whole, "a sample needs join keys")
                    .help("write `sample by host.id [..] [..]`"),
            );
        }
        Some(hir::Sample { stages })
    }

    fn maxspan(&mut self, span: &Spanned<ast::TimeSpan>) -> Option<u64> {
        match span.millis() {
            Some(millis) if millis > 0 => Some(millis),
            Some(_) => {
                self.error(Code::BadTimeSpan, span.span, "`maxspan` must be greater than zero");
                None
            }
            None => {
                self.error(Code::BadTimeSpan, span.span, "`maxspan` is too large");
                None
            }
        }
    }

    fn check_term_count(&mut self, total: usize, span: Span, what: &str, most: usize) {
        if total < 2 {
            let message = format!("a {what} needs at least two terms, found {total}");
            self.diags.push(
                Diagnostic::new(Code::TooFewTerms, span, message)
                    .help("add a term `[category where condition]`, or write an event query"),
            );
        } else if total > most {
            let message = format!("a {what} has at most {most} terms, found {total}");
            self.error(Code::TooManyTerms, span, message);
        }
    }

    fn check_missing(&mut self, sequence: &ast::Sequence) {
        let Some(missing) = sequence.terms.iter().find(|term| term.missing) else { return };
        if sequence.maxspan.is_none() {
            self.diags.push(
                Diagnostic::new(
                    Code::MissingEvent,
                    missing.span,
                    "a missing event `![..]` needs `maxspan`",
                )
                .help("write `sequence … with maxspan=1m …`: it says how long the event must stay away"),
            );
        }
        if sequence.terms.iter().all(|term| term.missing) {
            self.error(
                Code::MissingEvent,
                span_of(&sequence.terms),
                "a sequence needs at least one term that is not a missing event",
            );
        }
    }

    fn stage(
        &mut self,
        shared: &[Spanned<ast::FieldPath>],
        term: &Spanned<ast::Term>,
    ) -> Option<hir::Stage> {
        let query = self.event_query(&term.query);
        let keys: Option<Vec<_>> =
            shared.iter().chain(&term.by).map(|field| self.key(field)).collect();
        let runs = term.runs.as_ref().map_or(Some(1), |runs| {
            if (1..=MAX_RUNS).contains(&runs.node) {
                return u32::try_from(runs.node).ok();
            }
            let message = format!("`runs` must be from 1 to {MAX_RUNS}, found {}", runs.node);
            self.error(Code::BadRuns, runs.span, message);
            None
        });
        Some(hir::Stage { query: query?, keys: keys?, missing: term.missing, runs: runs? })
    }

    fn key(&mut self, field: &Spanned<ast::FieldPath>) -> Option<hir::Key> {
        match self.field(field, field.span) {
            Resolved::Field(ix, _) => Some(hir::Key { field: Some(ix), optional: field.optional }),
            Resolved::Null => Some(hir::Key { field: None, optional: true }),
            Resolved::Error => None,
        }
    }

    fn check_keys(
        &mut self,
        shared: &[Spanned<ast::FieldPath>],
        terms: &[&Spanned<ast::Term>],
        stages: &[&hir::Stage],
    ) {
        let Some(first) = stages.first() else { return };
        for (term, stage) in terms.iter().zip(stages).skip(1) {
            if stage.keys.len() != first.keys.len() {
                let message = format!(
                    "inconsistent number of join keys: the first term has {}, this one {}",
                    first.keys.len(),
                    stage.keys.len()
                );
                self.diags.push(
                    Diagnostic::new(Code::KeyCount, term.span, message)
                        .related(terms[0].span, "the first term")
                        .help("give every term, and `until`, as many keys after `by`"),
                );
                continue;
            }
            for (at, (key, other)) in stage.keys.iter().zip(&first.keys).enumerate() {
                let (Some(a), Some(b)) = (key.field, other.field) else { continue };
                let (a, b) = (&self.fields[a.0], &self.fields[b.0]);
                let (Some(ta), Some(tb)) = (a.ty, b.ty) else { continue };
                if comparable(ta, tb) {
                    continue;
                }
                let place = at
                    .checked_sub(shared.len())
                    .and_then(|own| term.by.get(own))
                    .map_or(term.span, |field| field.span);
                let message = format!(
                    "join key `{}` of type {} never equals `{}` of type {}",
                    a.path,
                    ta.name(),
                    b.path,
                    tb.name()
                );
                self.diags.push(
                    Diagnostic::new(Code::KeyType, place, message)
                        .help("keys at the same position need the same type in every term"),
                );
            }
        }
    }

    fn pipe(&mut self, pipe: &Spanned<ast::Pipe>) -> Option<(ast::PipeKind, u64)> {
        let before = self.diags.as_slice().len();
        let count = self.expr(&pipe.count)?;
        if let hir::ExprKind::Const(hir::Const::Int(count)) = count.kind
            && let Ok(count) = u64::try_from(count)
        {
            return Some((pipe.kind, count));
        }
        if self.diags.as_slice().len() == before {
            let name = match pipe.kind {
                ast::PipeKind::Head => "head",
                ast::PipeKind::Tail => "tail",
            };
            self.error(
                Code::BadPipeArgument,
                pipe.count.span,
                format!("`{name}` takes a whole number that is not negative"),
            );
        }
        None
    }

    /// Looks a path up: an alias of an earlier stage, else a field of the event.
    fn field(&mut self, field: &ast::FieldPath, span: Span) -> Resolved {
        let (root, path) = match field.path.split_once('.') {
            Some((head, _)) if self.is_out_of_reach(head, span) => return Resolved::Error,
            Some((head, rest)) => match self.aliases.iter().rev().find(|(name, _)| name == head) {
                Some((_, stage)) => (Root::Stage(*stage), rest),
                None => (Root::Event, field.path.as_str()),
            },
            None => (Root::Event, field.path.as_str()),
        };
        let path = path.to_owned();
        self.place(root, &path, field.optional, span, &path)
    }

    /// Looks up `path` below `root`; `full` is the path from the event down, which the schema knows.
    fn place(
        &mut self,
        root: Root,
        path: &str,
        optional: bool,
        span: Span,
        full: &str,
    ) -> Resolved {
        if let Some(&ix) = self.index.get(&(root, full.to_owned()))
            && let Some(ty) = self.fields[ix.0].ty
        {
            return Resolved::Field(ix, ty);
        }
        let Some(info) = self.options.schema.lookup(full) else {
            if optional {
                return Resolved::Null;
            }
            self.unknown_field(full, span);
            return Resolved::Error;
        };
        // An index has `process.name.caseless` beside `process.name`; an event has only the latter.
        if info.multi_field
            && let Some((path, _)) = path.rsplit_once('.')
            && let Some((full, _)) = full.rsplit_once('.')
        {
            return self.place(root, path, optional, span, full);
        }
        match info.holds {
            Holds::Value(ty) => {
                let builtin = info.origin == Origin::Builtin;
                Resolved::Field(self.intern(root, path, full, Some(ty), builtin, span), ty)
            }
            Holds::Objects | Holds::Other => {
                let what = if info.holds == Holds::Objects { "objects" } else { "no single value" };
                self.diags.push(
                    Diagnostic::new(
                        Code::ObjectField,
                        span,
                        format!("`{full}` holds {what} and cannot be compared"),
                    )
                    .help(format!("name a field below it, such as `{full}.…`")),
                );
                Resolved::Error
            }
        }
    }

    /// The field at `path` below `root`; two arrays may have members of the same name.
    fn intern(
        &mut self,
        root: Root,
        path: &str,
        full: &str,
        ty: Option<Type>,
        builtin: bool,
        span: Span,
    ) -> FieldIx {
        *self.index.entry((root, full.to_owned())).or_insert_with(|| {
            let (path, searched) = (path.to_owned(), false);
            self.fields.push(hir::Field { root, path, ty, builtin, searched, span });
            FieldIx(self.fields.len() - 1)
        })
    }

    fn unknown_field(&mut self, path: &str, span: Span) {
        let mut error =
            Diagnostic::new(Code::UnknownField, span, format!("unknown field `{path}`"))
                .label("not in ECS, Elastic Endpoint or `eql.toml`");
        match self.options.schema.suggest(path) {
            Some(near) => {
                let replacement = near.clone();
                error = error.help(format!("a field with a similar name exists: `{near}`"));
                if span.end.saturating_sub(span.start) as usize == path.len() {
                    error = error.patch(span, replacement);
                }
            }
            None => {
                error = error.help(format!(
                    "declare your own fields in `eql.toml` beside `Cargo.toml`: `[fields]` `\"{path}\" = \"keyword\"`"
                ));
            }
        }
        self.diags.push(error);
    }
}

/// Whether values of the two types can be equal.
fn comparable(a: Type, b: Type) -> bool {
    let class = |ty| match ty {
        Type::Long | Type::UnsignedLong | Type::Double => Type::Double,
        other => other,
    };
    a == Type::Null || b == Type::Null || class(a) == class(b)
}

fn span_of(terms: &[Spanned<ast::Term>]) -> Span {
    let first = terms.first().map_or_else(Span::default, |term| term.span);
    terms.iter().fold(first, |span, term| span.to(term.span))
}
