//! What is measured.

use std::collections::{BTreeMap, BTreeSet};

use eql_grammar::hir::{Body, EventQuery, Query};

use crate::events::Events;
use crate::measure::{Clock, Contender, measure};
use crate::ours::{Eql, Rows};
use crate::pack::{MEASURED, SOURCE, TEXTS};
use crate::peers::{Loaded, PEERS, Peer};
use crate::readers::{SimdJson, serde, sonic};
use crate::report::{grouped, machine, table};
use crate::rule_file::compile;

/// Measures everything, and prints it.
pub fn run(events: &Events, rounds: usize) {
    let rules: Vec<Query> = TEXTS
        .iter()
        .map(|text| compile(text).expect("the build script has compiled them").1)
        .collect();
    let (measured, padding) = rules.split_at(MEASURED);
    println!("Machine: {}.\n", machine());
    println!(
        "{} events of {} B on average; {} rules ({}); medians of {rounds} rounds that take turns.\n",
        grouped(events.len() as f64),
        grouped(events.bytes() as f64 / events.len() as f64),
        measured.len(),
        if SOURCE == "own" { "our own" } else { SOURCE },
    );
    reading(events, rounds);
    matching(events, measured, rounds);
    for (name, tuning, build) in PEERS {
        let loaded = build(&mut measured.iter().enumerate());
        against(events, measured, (name, tuning), loaded, rounds);
    }
    scaling(events, measured, padding, rounds);
}

/// Only the rules that are measured.
fn is_measured(rule: usize) -> bool {
    rule < MEASURED
}

/// A contender that goes over all lines on one thread.
fn over<'a>(
    name: impl Into<String>,
    events: &'a Events,
    mut one: impl FnMut(&'a str) -> u64 + 'a,
) -> Contender<'a> {
    Contender {
        name: name.into(),
        events: events.len(),
        bytes: events.bytes(),
        clock: Clock::Thread,
        pass: Box::new(move || events.lines().map(&mut one).sum()),
    }
}

/// The whole way from the lines to alerts.
fn whole_way<'a>(name: impl Into<String>, events: &'a Events, mut eql: Eql) -> Contender<'a> {
    Contender {
        name: name.into(),
        events: events.len(),
        bytes: events.bytes(),
        clock: Clock::Thread,
        pass: Box::new(move || {
            eql.restart();
            events.lines().map(|line| eql.alerts(line)).sum()
        }),
    }
}

/// From the lines to the numbers of the rules that match.
fn searching<'a>(
    name: impl Into<String>,
    events: &'a Events,
    mut peer: impl Peer + 'a,
) -> Contender<'a> {
    let mut matched = Vec::new();
    over(name, events, move |line| {
        matched.clear();
        peer.search(line, &mut matched);
        matched.len() as u64
    })
}

fn reading(events: &Events, rounds: usize) {
    let (mut value, mut tape) =
        (SimdJson::new(events.longest()), SimdJson::new(events.longest()));
    let mut projection = Eql::of(is_measured);
    let found = measure(
        vec![
            over("simd-json `BorrowedValue`, parse only", events, |line| {
                value.value(line);
                1
            }),
            over("simd-json tape, parse only", events, |line| {
                tape.tape(line);
                1
            }),
            over("sonic-rs `Value`, parse only", events, |line| {
                sonic(line);
                1
            }),
            over("serde_json `Value`, parse only", events, |line| {
                serde(line);
                1
            }),
            over("eql, lines to rows", events, |line| {
                projection.project(line);
                1
            }),
            searching("eql, lines to matches", events, Eql::of(is_measured)),
            whole_way("eql, lines to alerts", events, Eql::of(is_measured)),
        ],
        rounds,
    );
    let alerts: u64 = {
        let mut eql = Eql::of(is_measured);
        events.lines().map(|line| eql.alerts(line)).sum()
    };
    println!("## From lines of JSON\n");
    println!("{}", table(&found, 0));
    println!("A pass gives {} alerts.\n", grouped(alerts as f64));
}

fn matching(events: &Events, rules: &[Query], rounds: usize) {
    let of_process = of_category(events, "process");
    let (rows, process_rows) = (Rows::of(events), Rows::of(&of_process));
    let process_rules = |at: usize| is_measured(at) && concerns(&rules[at], "process");
    println!("## Rows to matches\n");
    for (what, events, rows) in
        [("all events", events, &rows), ("process events", &of_process, &process_rows)]
    {
        let (mut naive, mut fused) = (Eql::of(is_measured), Eql::of(is_measured));
        let contender = |name: &str, pass| Contender {
            name: name.to_owned(),
            events: events.len(),
            bytes: events.bytes(),
            clock: Clock::Thread,
            pass,
        };
        let found = measure(
            vec![
                contender("each rule tested", Box::new(|| naive.one_by_one(rows))),
                contender("fused", Box::new(|| fused.fused(rows))),
            ],
            rounds,
        );
        println!("{} {what}:\n\n{}", grouped(events.len() as f64), table(&found, 0));
        println!(
            "Conditions tested: {:.1} an event one by one, {:.1} fused.\n",
            naive.candidates(),
            fused.candidates()
        );
    }
    println!("{} of the rules can match a process event.\n", (0..MEASURED).filter(|&at| process_rules(at)).count());
}

/// The events of a category.
fn of_category(events: &Events, category: &str) -> Events {
    let has: Vec<bool> = events
        .documents()
        .iter()
        .map(|event| match &event["event"]["category"] {
            serde_json::Value::Array(list) => list.iter().any(|value| value == category),
            value => value == category,
        })
        .collect();
    events.only(|at| has[at])
}

/// Whether an event of the category can be one of the rule's.
fn concerns(query: &Query, category: &str) -> bool {
    let of = |query: &EventQuery| query.category.as_ref().is_none_or(|(_, name)| name == category);
    match &query.body {
        Body::Event(event) => of(event),
        Body::Sequence(sequence) => {
            sequence.stages.iter().chain(&sequence.until).any(|stage| of(&stage.query))
        }
        Body::Sample(sample) => sample.stages.iter().any(|stage| of(&stage.query)),
    }
}

/// eql beside a peer, on the rules that both have and agree on.
fn against(
    events: &Events,
    rules: &[Query],
    (name, tuning): (&str, &str),
    loaded: Loaded,
    rounds: usize,
) {
    let Loaded { mut peer, rules: kept, left_out } = loaded;
    println!("## Beside {name}\n");
    let collapsed = collapse(events);
    let theirs_reads = if name.starts_with("sigma-rust") { &collapsed } else { events };
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, reason) in &left_out {
        *reasons.entry(reason).or_default() += 1;
    }
    let reasons: Vec<String> =
        reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();

    let kept: BTreeSet<usize> = kept.into_iter().collect();
    let apart = disagreements(events, theirs_reads, &kept, peer.as_mut());
    let agreed: BTreeSet<usize> =
        kept.iter().copied().filter(|rule| !apart.contains_key(rule)).collect();
    let Some((_, _, build)) = PEERS.iter().find(|(other, ..)| *other == name) else { return };
    let mut subset = rules.iter().enumerate().filter(|(at, _)| agreed.contains(at));
    let Loaded { mut peer, .. } = build(&mut subset);

    println!("Tuned: {tuning}.");
    println!(
        "{} of {} rules are the same for both{}; the others cannot be said there ({}){}.\n",
        agreed.len(),
        rules.len(),
        if apart.is_empty() { "" } else { " and give the same matches here" },
        if reasons.is_empty() { "none".to_owned() } else { reasons.join(", ") },
        match apart.len() {
            0 => String::new(),
            count => format!(", or give other matches ({count})"),
        },
    );
    for (rule, (ours, theirs)) in apart.iter().take(8) {
        println!("* rule {rule}: {ours} matches that only eql has, {theirs} that only the peer has");
    }
    let mut found = Vec::new();
    let both = |rule| agreed.contains(&rule);
    found.extend(measure(
        vec![
            searching("eql, lines to matches", events, Eql::of(both)),
            whole_way("eql, lines to alerts", events, Eql::of(both)),
            over(format!("{name}, lines to matches"), theirs_reads, {
                let mut matched = Vec::new();
                move |line| {
                    matched.clear();
                    peer.search(line, &mut matched);
                    matched.len() as u64
                }
            }),
        ],
        rounds,
    ));
    println!("{}", table(&found, found.len() - 1));
}

/// The rules of which one finds matches that the other does not: how many ours, how many theirs.
fn disagreements(
    events: &Events,
    theirs_reads: &Events,
    rules: &BTreeSet<usize>,
    peer: &mut dyn Peer,
) -> BTreeMap<usize, (usize, usize)> {
    let mut eql = Eql::of(|rule| rules.contains(&rule));
    let mut apart: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (line, their_line) in events.lines().zip(theirs_reads.lines()) {
        (ours.clear(), theirs.clear());
        eql.search(line, &mut ours);
        peer.search(their_line, &mut theirs);
        let (a, b) = (BTreeSet::from_iter(ours.drain(..)), BTreeSet::from_iter(theirs.drain(..)));
        a.difference(&b).for_each(|&rule| apart.entry(rule).or_default().0 += 1);
        b.difference(&a).for_each(|&rule| apart.entry(rule).or_default().1 += 1);
    }
    apart
}

/// The events with the one value in the place of each list of one.
fn collapse(events: &Events) -> Events {
    fn walk(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Array(list) => {
                list.iter_mut().for_each(walk);
                if list.len() == 1 {
                    *value = list.remove(0);
                }
            }
            serde_json::Value::Object(members) => members.values_mut().for_each(walk),
            _ => {}
        }
    }
    let lines = events.documents().into_iter().map(|mut event| {
        walk(&mut event);
        format!("{event}\n")
    });
    Events::new(lines.collect())
}

fn scaling(events: &Events, rules: &[Query], padding: &[Query], rounds: usize) {
    println!("## More rules\n");
    let spread = |count: usize| -> BTreeSet<usize> {
        (0..count).map(|at| at * rules.len() / count).collect()
    };
    let counts = [10, 100, 500].into_iter().filter(|&count| count < rules.len()).chain([rules.len()]);
    let contenders = counts.map(|count| {
        let kept = spread(count);
        whole_way(format!("{count} rules, lines to alerts"), events, Eql::of(|rule| kept.contains(&rule)))
    });
    println!("{}", table(&measure(contenders.collect(), rounds), 0));

    let of_process = of_category(events, "process");
    let rows = Rows::of(&of_process);
    let process = |rule: usize| is_measured(rule) && concerns(&rules[rule], "process");
    let mut sets = [Eql::of(process), Eql::of(is_measured), Eql::of(|_| true)];
    let names = [
        format!("the {} rules that can match them", (0..rules.len()).filter(|&rule| process(rule)).count()),
        format!("all {} rules", rules.len()),
        format!("all rules and {} on files", padding.len()),
    ];
    let contenders = sets.iter_mut().zip(names).map(|(eql, name)| Contender {
        name,
        events: of_process.len(),
        bytes: of_process.bytes(),
        clock: Clock::Thread,
        pass: Box::new(|| eql.fused(&rows)),
    });
    println!("Rows of process events to matches:\n");
    println!("{}", table(&measure(contenders.collect(), rounds), 0));

    println!("Threads, each with its own part of the events and its own state; time that passes:\n");
    let contenders = [1, 2].map(|threads| {
        let mut parts: Vec<(Events, Eql)> = (0..threads)
            .map(|part| (events.only(|at| at % threads == part), Eql::of(is_measured)))
            .collect();
        Contender {
            name: format!("{threads} thread{}", if threads == 1 { "" } else { "s" }),
            events: events.len(),
            bytes: events.bytes(),
            clock: Clock::Wall,
            pass: Box::new(move || {
                std::thread::scope(|scope| {
                    let running: Vec<_> = parts
                        .iter_mut()
                        .map(|(events, eql)| {
                            scope.spawn(move || {
                                eql.restart();
                                events.lines().map(|line| eql.alerts(line)).sum::<u64>()
                            })
                        })
                        .collect();
                    running.into_iter().map(|thread| thread.join().unwrap_or_default()).sum()
                })
            }),
        }
    });
    println!("{}", table(&measure(contenders.into(), rounds), 0));
}
