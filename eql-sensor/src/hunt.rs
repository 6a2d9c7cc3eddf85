//! `hunt`: events in, alerts out.

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::{Path, PathBuf};

use eql::{Document, Execution, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::bad::BadLines;
use crate::cli::{Format, HuntArgs};
use crate::event::{self, Flaw, Flawed, Origins};
use crate::progress::Progress;
use crate::reader::{Reader, Record};
use crate::report::Report;
use crate::rules::{metas, select};
use crate::run::{Stop, complain};
use crate::seen::Seen;
use crate::sink::{self, Sink};
use crate::source::{self, Source};
use crate::{ExitCode, Rules, Streams};

/// Reads what the command line names and writes the alerts of the rules that it selects.
pub(crate) fn hunt(
    rules: Rules,
    args: &HuntArgs,
    streams: &mut Streams<'_>,
) -> Result<ExitCode, Stop> {
    let rules =
        select(rules, &args.selection.rules, args.selection.min_severity).map_err(Stop::Usage)?;
    let paths = paths(args, streams.stdin_terminal)?;
    let on_terminal = args.output.is_none() && streams.stdout_terminal;
    let output =
        Output::new(args, on_terminal && streams.colour, on_terminal, &mut streams.stdout)?;
    let bad = match &args.bad_lines {
        Some(path) => BadLines::create(path).map_err(|error| Stop::file(path, error))?,
        None => BadLines::default(),
    };
    let sources = source::find(&paths, &written(args));
    let visible = streams.stderr_terminal && !args.quiet;
    let mut hunt = Hunt {
        engine: Engine::new(rules, args),
        output,
        bad,
        limit: args.max_line,
        strict: args.strict,
        progress: Progress::new(visible, total(&sources)),
        stderr: &mut streams.stderr,
    };
    let ended = hunt.sources(sources, streams.stdin.as_mut());
    let ended = hunt.finish(ended);
    hunt.progress.finish();
    let report = hunt.engine.report;
    if !args.quiet && !ended.as_ref().is_err_and(Stop::is_quiet) {
        // Without standard error there is no one to tell.
        let _ = write!(hunt.stderr, "{}", report.summary(hunt.progress.elapsed()));
    }
    ended?;
    Ok(if report.failed > 0 {
        ExitCode::Error
    } else if args.fail_on_alert && report.alerts() > 0 {
        ExitCode::Alerts
    } else {
        ExitCode::Ok
    })
}

fn paths(args: &HuntArgs, stdin_terminal: bool) -> Result<Vec<PathBuf>, Stop> {
    if !args.paths.is_empty() {
        Ok(args.paths.clone())
    } else if stdin_terminal {
        Err(Stop::Usage("no PATHS are given; `hunt --help` shows examples".to_owned()))
    } else {
        Ok(vec!["-".into()])
    }
}

/// The files that the run writes, which it must not read.
fn written(args: &HuntArgs) -> Vec<PathBuf> {
    let files = [&args.output, &args.bad_lines].into_iter().flatten();
    files.filter_map(|path| path.canonicalize().ok()).collect()
}

/// How many bytes there are to read; unknown as soon as one source does not know.
fn total(sources: &[Result<Source, String>]) -> Option<u64> {
    sources.iter().flatten().map(Source::size).sum()
}

/// What the alerts of this run have in common.
fn execution(args: &HuntArgs, rules: &Rules) -> Execution {
    let mut execution = Execution::new(args.now.unwrap_or_else(Timestamp::now));
    execution.space_id.clone_from(&args.space);
    execution.manual = true;
    if args.now.is_some() {
        // A time that was given makes the whole output repeatable.
        let mut name = execution.created.to_string() + &args.space;
        name.extend(metas(rules).iter().map(|meta| meta.rule_id));
        execution.uuid = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
    }
    execution
}

/// The sink of a run and how to call it.
struct Output<'a> {
    sink: Box<dyn Sink + 'a>,
    name: String,
    /// Whether the progress bar may be in the way.
    on_terminal: bool,
}

impl<'a> Output<'a> {
    fn new(
        args: &HuntArgs,
        colour: bool,
        on_terminal: bool,
        stdout: &'a mut (dyn Write + '_),
    ) -> Result<Self, Stop> {
        let format = format_of(args, on_terminal);
        let (sink, name) = match &args.output {
            Some(path) => {
                let file = File::create(path).map_err(|error| Stop::file(path, error))?;
                (sink::new(format, false, BufWriter::new(file)), path.display().to_string())
            }
            None => {
                (sink::new(format, colour, BufWriter::new(stdout)), "standard output".to_owned())
            }
        };
        Ok(Self { sink, name, on_terminal })
    }

    fn write(&mut self, alert: &Document) -> Result<(), Stop> {
        self.sink.write(alert).map_err(|error| Stop::Io(self.name.clone(), error))?;
        // While the progress bar is away.
        if self.on_terminal { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Stop> {
        self.sink.flush().map_err(|error| Stop::Io(self.name.clone(), error))
    }
}

fn format_of(args: &HuntArgs, on_terminal: bool) -> Format {
    let ending = args.output.as_deref().and_then(Path::extension).and_then(|name| name.to_str());
    match (args.format, ending) {
        (Format::Auto, Some("csv")) => Format::Csv,
        (Format::Auto, Some("txt")) => Format::Text,
        (Format::Auto, _) if on_terminal => Format::Text,
        (Format::Auto, _) => Format::Ndjson,
        (format, _) => format,
    }
}

/// The rules with what they found, and what was written of it.
struct Engine {
    rules: Rules,
    /// For each of these, the position of its first rule among all.
    firsts: Vec<usize>,
    execution: Execution,
    /// Alerts that are not written yet, each with the position of its rule.
    pending: Vec<(usize, Document)>,
    origins: Origins,
    seen: Seen,
    report: Report,
}

impl Engine {
    fn new(mut rules: Rules, args: &HuntArgs) -> Self {
        if let Some(lateness) = args.lateness {
            rules.iter_mut().for_each(|rules| rules.set_lateness(lateness));
        }
        let counts = rules.iter().map(|rules| rules.rules().len());
        let firsts = counts
            .scan(0, |next, count| {
                let first = *next;
                *next += count;
                Some(first)
            })
            .collect();
        Self {
            execution: execution(args, &rules),
            report: Report::new(metas(&rules).into_iter()),
            rules,
            firsts,
            pending: Vec::new(),
            origins: Origins::default(),
            seen: Seen::default(),
        }
    }

    /// Gives the rules the events in the text of a record of the source `index`.
    fn record(&mut self, text: &[u8], index: &str) -> Result<(), Flawed> {
        if !event::may_hold_hits(text) {
            return self.event(text, None, text, index);
        }
        let document = event::parse(text)?;
        let hits = event::hits(&document);
        for hit in hits {
            let source = event::source_of(hit);
            if std::ptr::eq(source, &raw const document) {
                self.event(text, None, text, index)?;
                continue;
            }
            let own_text = (hits.len() > 1).then(|| hit.to_string());
            let named = own_text.as_ref().map_or(text, String::as_bytes);
            let wrapper = (!std::ptr::eq(source, hit)).then_some(hit);
            self.event(source.to_string().as_bytes(), wrapper, named, index)?;
        }
        Ok(())
    }

    /// Gives the rules an event. `named` is the text that names it where nothing in it does.
    fn event(
        &mut self,
        text: &[u8],
        hit: Option<&Value>,
        named: &[u8],
        index: &str,
    ) -> Result<(), Flawed> {
        for rules in &mut self.rules {
            rules.read(text).map_err(|flaw| event::flawed(text, flaw))?;
        }
        self.report.events += 1;
        let start = self.pending.len();
        for (rules, first) in self.rules.iter_mut().zip(&self.firsts) {
            if !rules.search() {
                continue;
            }
            // Only what rules look at is read before this.
            if !rules.is_valid() {
                self.report.events -= 1;
                return Err(event::flawed(text, eql::scan::Flaw::NotJson));
            }
            let origin = match hit {
                Some(hit) => self.origins.of_hit(hit, text, named, index),
                None => self.origins.of_event(text, named, index),
            };
            let mut emit = |rule, alert| self.pending.push((first + rule, alert));
            rules
                .proceed(origin, &self.execution, &mut emit)
                .map_err(|flaw| event::flawed(text, flaw))?;
        }
        // A set gives what has waited for time to pass after the rest.
        self.pending[start..].sort_by_key(|(rule, _)| *rule);
        Ok(())
    }

    /// Begins the next source of events.
    fn begin_source(&mut self) {
        self.rules.iter_mut().for_each(|rules| rules.begin_source());
    }

    /// Ends the stream of events.
    fn flush(&mut self) {
        for (rules, first) in self.rules.iter_mut().zip(&self.firsts) {
            let mut emit = |rule, alert| self.pending.push((first + rule, alert));
            rules.flush(&self.execution, &mut emit);
            for (rule, counters) in rules.counters() {
                self.report.counters(first + rule, counters);
            }
        }
    }

    /// Writes the alerts found since the last call, other than those written before.
    ///
    /// Whether there was any.
    fn write(&mut self, output: &mut Output<'_>, progress: &Progress) -> Result<bool, Stop> {
        let mut written = false;
        for (index, alert) in self.pending.drain(..) {
            let is_new = self.seen.insert(alert.uuid());
            if is_new {
                progress.suspend(output.on_terminal, || output.write(&alert))?;
                written = true;
            }
            // A building block is part of an alert that is counted.
            if alert.group_index().is_none() {
                self.report.alert(index, is_new);
            }
        }
        Ok(written)
    }
}

/// A run over some sources.
struct Hunt<'a> {
    engine: Engine,
    output: Output<'a>,
    bad: BadLines,
    limit: usize,
    strict: bool,
    progress: Progress,
    stderr: &'a mut (dyn Write + 'a),
}

impl Hunt<'_> {
    /// Reads one source after the other; what cannot be read is reported and passed over.
    fn sources(
        &mut self,
        sources: Vec<Result<Source, String>>,
        stdin: &mut dyn io::Read,
    ) -> Result<(), Stop> {
        for source in sources {
            let failed = match source {
                Ok(source) => {
                    self.source(&source, stdin)?.map(|error| format!("{}: {error}", source.title()))
                }
                Err(message) => Some(message),
            };
            self.engine.report.source(failed.is_none());
            if let Some(message) = failed {
                self.progress.suspend(true, || complain(self.stderr, &message));
            }
        }
        Ok(())
    }

    /// Reads one source. What went wrong with it, if anything did, is no reason to stop.
    fn source(
        &mut self,
        source: &Source,
        stdin: &mut dyn io::Read,
    ) -> Result<Option<io::Error>, Stop> {
        let opened = match source::open(source, stdin, self.progress.read()) {
            Ok(opened) => opened,
            Err(error) => return Ok(Some(error)),
        };
        let mut reader = Reader::new(opened.text, opened.layout, self.limit);
        let ended = self.records(&mut reader, source);
        self.engine.report.bytes += reader.bytes();
        ended
    }

    fn records(
        &mut self,
        reader: &mut Reader<impl BufRead>,
        source: &Source,
    ) -> Result<Option<io::Error>, Stop> {
        let index = source.index();
        self.engine.begin_source();
        loop {
            let record = match reader.next(&mut |bytes| self.bad.keep(bytes)) {
                Ok(Some(record)) => record,
                Ok(None) => return Ok(None),
                Err(error) => {
                    self.torn(reader, source)?;
                    return Ok(Some(error));
                }
            };
            let taken = match record {
                Record::Text(text) if text.trim_ascii().is_empty() => continue,
                Record::Text(text) => self.engine.record(text, &index).inspect_err(|_| {
                    self.bad.keep(text);
                }),
                Record::TooLong => Err(Flawed::new(Flaw::TooLong, "see --max-line")),
                Record::Unclosed => Err(Flawed::new(Flaw::Torn, "an array has no end")),
            };
            if let Err(flawed) = taken {
                self.flawed(&flawed, source, reader.line())?;
            }
            let written = self.engine.write(&mut self.output, &self.progress)?;
            if written && source == &Source::Stdin {
                self.output.flush()?;
            }
            self.progress.tick(self.engine.report.events, self.engine.report.alerts());
        }
    }

    /// Counts a record that was cut off by an error of its source.
    fn torn(&mut self, reader: &Reader<impl BufRead>, source: &Source) -> Result<(), Stop> {
        let text = reader.partial();
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        self.bad.keep(text);
        self.flawed(&Flawed::new(Flaw::Torn, ""), source, reader.line())
    }

    /// Counts a record that holds no event; its bytes were kept before.
    fn flawed(&mut self, flawed: &Flawed, source: &Source, line: u64) -> Result<(), Stop> {
        self.bad.end_line().map_err(|error| Stop::Io("--bad-lines".to_owned(), error))?;
        let message = || format!("{}:{line}: {flawed}", source.title());
        self.engine.report.flaw(flawed.flaw, message);
        if self.strict { Err(Stop::BadLine(message())) } else { Ok(()) }
    }

    /// Ends a run. What was found before a bad line is worth as much as before.
    fn finish(&mut self, ended: Result<(), Stop>) -> Result<(), Stop> {
        if matches!(ended, Err(Stop::Io(..))) {
            return ended;
        }
        self.engine.flush();
        let written =
            self.engine.write(&mut self.output, &self.progress).and_then(|_| self.output.flush());
        written.and(ended)
    }
}
