//! The one layout of queries.
//!
//! A query that fits on a line is one. A longer one has a condition a line, `and` and `or` at the ends of lines, lists
//! with an element a line, and a sequence always has a stage a line. Unlike a tree that is printed, it keeps every
//! token and every comment as they are written; only what stands between them changes.
//!
//! A comment behind something stays behind it, with the `and`, `or` or comma that follows; any other one stands on lines
//! of its own before the condition or element that it was written in.

mod tree;

use crate::ast::Dialect;
use crate::diag::Diagnostics;
use crate::parser;
use tree::{Body, Group, Item, Part, Pipe, Stage};

/// The longest line, in characters, where a query can be broken.
const WIDTH: usize = 120;
const STEP: usize = 2;

/// Why a query keeps the layout that it has.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// It is no query.
    Wrong(Diagnostics),
    /// In another layout it would not be the same, or not stay as it is.
    Changed,
}

/// Lays a query out. The result ends with the end of a line, parses to the same tree, has the same comments, and stays as
/// it is when it is laid out again; that is checked.
///
/// # Errors
/// What is wrong with the query.
///
/// ```
/// use eql_grammar::{ast::Dialect, format::format};
///
/// let query = "sequence by host.id [process where a.b==1] // first\n[file where true]";
/// let wanted = "sequence by host.id\n  [process where a.b == 1] // first\n  [file where true]\n";
/// assert_eq!(format(query, Dialect::Elasticsearch).unwrap(), wanted);
/// ```
pub fn format(text: &str, dialect: Dialect) -> Result<String, Refused> {
    let meant = parser::parse(text, dialect).map_err(Refused::Wrong)?;
    let laid_out = lay_out(text);
    let same = parser::parse(&laid_out, dialect).is_ok_and(|query| query == meant)
        && tree::words(text) == tree::words(&laid_out)
        && lay_out(&laid_out) == laid_out;
    if same { Ok(laid_out) } else { Err(Refused::Changed) }
}

fn lay_out(text: &str) -> String {
    let mut out = Writer { text: String::new(), column: 0 };
    let query = tree::read(text);
    out.lead(&query.lead, 0);
    out.parts(&query.head, 0, 0);
    out.trail(&query.head_trail);
    let piped = one_line(&query.pipes);
    let flat = tree::flat_items(&query.condition).filter(|_| query.head_trail.is_empty());
    match (flat, piped) {
        (Some(flat), Some(piped))
            if query.stages.is_empty()
                && out.column + 1 + columns(&flat) + columns(&piped) <= WIDTH =>
        {
            out.push(&std::format!(" {flat}{piped}"));
            query.pipes.iter().for_each(|pipe| out.trail(&pipe.trail));
        }
        _ => {
            if query.stages.is_empty() {
                out.push(" ");
                out.items(&query.condition, STEP, 0, !query.head_trail.is_empty());
            }
            for stage in &query.stages {
                let indent = if stage.until.is_some() { 0 } else { STEP };
                out.newline(indent);
                out.stage(stage, indent);
            }
            for pipe in &query.pipes {
                out.newline(0);
                out.lead(&pipe.lead, 0);
                out.parts(&pipe.parts, 0, 0);
                out.trail(&pipe.trail);
            }
        }
    }
    for comment in &query.end {
        out.newline(0);
        out.push(comment);
    }
    out.newline(0);
    out.text
}

/// Pipes that go on the line of the condition, with a space before each. Only the last one may have comments, behind it.
fn one_line(pipes: &[Pipe<'_>]) -> Option<String> {
    let mut line = String::new();
    for (index, pipe) in pipes.iter().enumerate() {
        let bare = pipe.lead.is_empty() && (pipe.trail.is_empty() || index + 1 == pipes.len());
        let flat = tree::flat_parts(&pipe.parts).filter(|_| bare)?;
        line.push(' ');
        line.push_str(&flat);
    }
    Some(line)
}

struct Writer {
    text: String,
    column: usize,
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = columns(last),
            None => self.column += columns(text),
        }
    }

    fn newline(&mut self, indent: usize) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
        self.text.push_str(&" ".repeat(indent));
        self.column = indent;
    }

    /// Comments on lines of their own, before something that stands on the next one.
    fn lead(&mut self, comments: &[&str], indent: usize) {
        for comment in comments {
            self.push(comment);
            self.newline(indent);
        }
    }

    fn trail(&mut self, comments: &[&str]) {
        for comment in comments {
            self.push(" ");
            self.push(comment);
        }
    }

    /// Comments on lines of their own, behind something.
    fn dangling(&mut self, comments: &[&str], indent: usize) {
        for comment in comments {
            self.newline(indent);
            self.push(comment);
        }
    }

    /// Items, broken where they do not fit. `after` columns are to follow the last one; `fresh` says that the line ends
    /// before them, whatever stands there.
    fn items(&mut self, items: &[Item<'_>], indent: usize, after: usize, fresh: bool) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 || fresh || !item.lead.is_empty() {
                self.newline(indent);
            }
            self.lead(&item.lead, indent);
            let last = index + 1 == items.len();
            let sep = columns(&item.sep());
            let after = if last { after + sep } else { sep };
            let inner = if items.len() == 1 { indent } else { indent + STEP };
            match (&item.flat, &item.body) {
                (Some(flat), _) if self.column + columns(flat) + after <= WIDTH => self.push(flat),
                (_, Body::Chain(items)) => self.items(items, inner, after, false),
                (_, Body::Atom(parts)) => self.parts(parts, indent, after),
            }
            self.push(&item.sep());
            self.trail(&item.trail);
        }
    }

    fn parts(&mut self, parts: &[Part<'_>], indent: usize, after: usize) {
        for (index, part) in parts.iter().enumerate() {
            match part {
                Part::Token { text, space } => {
                    if *space {
                        self.push(" ");
                    }
                    self.push(text);
                }
                Part::Group(group) => {
                    if group.space {
                        self.push(" ");
                    }
                    let rest = parts.get(index + 1..).unwrap_or_default();
                    let behind = rest.iter().map_while(|part| match part {
                        Part::Token { text, space } => Some(columns(text) + usize::from(*space)),
                        Part::Group(_) => None,
                    });
                    let last = rest.iter().all(|part| matches!(part, Part::Token { .. }));
                    let behind = behind.sum::<usize>() + if last { after } else { 0 };
                    match &group.flat {
                        Some(flat) if self.column + columns(flat) + behind <= WIDTH => {
                            self.push(flat)
                        }
                        _ => self.group(group, indent),
                    }
                }
            }
        }
    }

    fn group(&mut self, group: &Group<'_>, indent: usize) {
        self.push(group.open);
        if group.open != "(" {
            return self.bracketed(group, indent);
        }
        if group.items.is_empty() && group.dangling.is_empty() {
            return self.push(group.close);
        }
        if !group.items.is_empty() {
            self.items(&group.items, indent + STEP, 0, true);
        }
        self.dangling(&group.dangling, indent + STEP);
        self.newline(indent);
        self.push(group.close);
    }

    /// `process where …]`, after the bracket.
    fn bracketed(&mut self, group: &Group<'_>, indent: usize) {
        self.parts(&group.head, indent, 0);
        self.push(" ");
        self.items(&group.items, indent + STEP, columns(group.close), false);
        self.dangling(&group.dangling, indent + STEP);
        let commented = group.items.last().is_some_and(|item| !item.trail.is_empty());
        if commented || !group.dangling.is_empty() {
            self.newline(indent);
        }
        self.push(group.close);
    }

    fn stage(&mut self, stage: &Stage<'_>, indent: usize) {
        self.lead(&stage.lead, indent);
        if let Some(until) = stage.until {
            self.push(until);
            self.push(" ");
        }
        let suffix = tree::flat_parts(&stage.suffix).unwrap_or_default();
        match &stage.group.flat {
            Some(flat) if self.column + columns(flat) + columns(&suffix) < WIDTH => self.push(flat),
            _ => self.group(&stage.group, indent),
        }
        if !stage.suffix.is_empty() {
            self.push(" ");
            self.parts(&stage.suffix, indent, 0);
        }
        self.trail(&stage.trail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(text: &str) -> String {
        let laid_out = format(text, Dialect::Elasticsearch)
            .unwrap_or_else(|why| panic!("{text}: {why:?}\n{}", lay_out(text)));
        assert_eq!(format(&laid_out, Dialect::Elasticsearch).as_ref(), Ok(&laid_out));
        laid_out
    }

    #[test]
    fn what_fits_is_one_line() {
        for (text, wanted) in [
            ("process   where\n true", "process where true\n"),
            (
                "any where a.b==1 and not(c in(1,2))|head 5",
                "any where a.b == 1 and not (c in (1, 2)) | head 5\n",
            ),
            (
                "any where -a<- 1 and b-1>+2*3 and c==- -1",
                "any where -a < -1 and b - 1 > +2 * 3 and c == - -1\n",
            ),
            (
                "any where ? a . b : ( \"x\" , \"y\" ) and f~ ( a )",
                "any where ?a.b : (\"x\", \"y\") and f~(a)\n",
            ),
            ("any where `a b`.c like~\"\"\"x\"\"\"", "any where `a b`.c like~ \"\"\"x\"\"\"\n"),
        ] {
            assert_eq!(laid_out(text), wanted);
        }
    }

    #[test]
    fn what_does_not_fit_is_broken_from_outside() {
        let long = "\"C:\\\\Program Files\\\\Some Folder\\\\program.exe\"";
        let text = std::format!(
            "process where event.action == \"start\" and (process.name : \"a.exe\" or process.name : {long} and process.pid \
             != 4711 and process.args : \"-x\") and not process.executable : ({long}, {long}, {long})"
        );
        let wanted = std::format!(
            "process where event.action == \"start\" and
  (
    process.name : \"a.exe\" or
    process.name : {long} and process.pid != 4711 and process.args : \"-x\"
  ) and
  not process.executable : (
    {long},
    {long},
    {long}
  )
"
        );
        assert_eq!(laid_out(&text), wanted);
    }

    #[test]
    fn sequences_have_a_stage_a_line() {
        let text = "sequence by host.id, user.id with maxspan = 1m [process where true] by a with runs=3 ![file where true] by b \
            until [any where true] by c | tail 3";
        let wanted = "\
sequence by host.id, user.id with maxspan=1m
  [process where true] by a with runs=3
  ![file where true] by b
until [any where true] by c
| tail 3
";
        assert_eq!(laid_out(text), wanted);
        let name = "x".repeat(50);
        let text = std::format!(
            "sample by a [any where {name} == 1 and {name} == 2 and true] [any where true]"
        );
        let wanted = std::format!(
            "sample by a
  [any where {name} == 1 and
    {name} == 2 and
    true]
  [any where true]
"
        );
        assert_eq!(laid_out(&text), wanted);
    }

    #[test]
    fn comments_stay() {
        let text = "\
// file
process /* category */ where // after where
  a == 1 // one
  // before and
  and /* two */ b /* inside */ in ( // in the list
    \"x\" /* x */, // comma
    // alone
    \"y\" // y
    // last
  ) and c == 1 // end
// after
";
        let wanted = "\
// file
/* category */
process where
  // after where
  a == 1 and // one
  // before and
  /* two */
  /* inside */
  b in (
    // in the list
    \"x\", /* x */ // comma
    // alone
    \"y\" // y
    // last
  ) and
  c == 1 // end
// after
";
        assert_eq!(laid_out(text), wanted);
        let text = "\
sequence // head
  // first
  [process where /* why */ true // true
  ] by a // by
  [ // open
   file where true] /* many
   lines */ by /* key */ b
// end
| head 1 // pipe
";
        let wanted = "\
sequence // head
  // first
  [process where
    /* why */
    true // true
  ] by a // by
  // open
  [file where true] by b /* many
   lines */ /* key */
// end
| head 1 // pipe
";
        assert_eq!(laid_out(text), wanted);
    }

    /// Of a condition in a condition, both with comments before them.
    #[test]
    fn comments_before_the_same_word() {
        let text = "any where /* a */ b // c\n == 1 and true";
        assert_eq!(laid_out(text), "any where\n  /* a */\n  // c\n  b == 1 and true\n");
    }

    #[test]
    fn what_is_no_query_is_refused() {
        assert!(matches!(format("process where", Dialect::Elasticsearch), Err(Refused::Wrong(_))));
    }

    #[test]
    fn deep_texts_are_laid_out() {
        let text = std::format!("any where {}true{}", "(".repeat(120), ")".repeat(120));
        laid_out(&text);
        let name = "x".repeat(60);
        let text = std::format!(
            "any where {}{name} == 1 or {name} == 2{}",
            "(".repeat(120),
            ")".repeat(120)
        );
        laid_out(&text);
    }
}
