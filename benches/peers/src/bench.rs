//! What is measured.

use std::collections::{BTreeMap, BTreeSet};

use eql_grammar::hir::{Body, EventQuery, Query};

use crate::events::Events;
use crate::measure::{Clock, Contender, measure};
use crate::ours::Eql;
use crate::pack::{SOURCE, TEXTS, pack, padded};
use crate::peers::{About, Loaded, PEERS, Peer};
use crate::readers::{SimdJson, serde, sonic};
use crate::report::{grouped, machine, table};
use crate::rule_file::compile;

/// Measures everything, and prints it.
pub fn run(events: &Events, rounds: usize) {
    let rules: &[Query] = &TEXTS
        .iter()
        .map(|text| compile(text).expect("the build script has compiled them").1)
        .collect::<Vec<_>>();
    println!("Machine: {}.\n", machine());
    println!(
        "{} events of {} B on average; {} rules ({}); medians of {rounds} rounds that take turns.\n",
        grouped(events.len() as f64),
        grouped(events.bytes() as f64 / events.len() as f64),
        rules.len(),
        if SOURCE == "own" { "our own" } else { SOURCE },
    );
    reading(events, rounds);
    matching(events, rules, rounds);
    for about in PEERS {
        against(events, rules, about, rounds);
    }
    scaling(events, rules, rounds);
}

/// Those of the rules that `keep` says.
fn eql_of(keep: impl Fn(usize) -> bool) -> Eql<pack::Set> {
    Eql::of(&pack::RULES, keep)
}

fn eql() -> Eql<pack::Set> {
    eql_of(|_| true)
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
fn whole_way<'a>(
    name: impl Into<String>,
    events: &'a Events,
    mut eql: Eql<pack::Set>,
) -> Contender<'a> {
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
    mut peer: Box<dyn Peer + 'a>,
) -> Contender<'a> {
    let mut matched = Vec::new();
    over(name, events, move |line| {
        matched.clear();
        peer.search(line, &mut matched);
        matched.len() as u64
    })
}

fn reading(events: &Events, rounds: usize) {
    let (mut value, mut tape) = (SimdJson::new(events.longest()), SimdJson::new(events.longest()));
    let mut projection = eql();
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
            searching("eql, lines to matches", events, Box::new(eql())),
            whole_way("eql, lines to alerts", events, eql()),
        ],
        rounds,
    );
    let alerts: u64 = {
        let mut eql = eql();
        events.lines().map(|line| eql.alerts(line)).sum()
    };
    println!("## From lines of JSON\n");
    println!("{}", table(&found, 0));
    println!("A pass gives {} alerts.\n", grouped(alerts as f64));
}

fn matching(events: &Events, rules: &[Query], rounds: usize) {
    println!("## With guards and without\n");
    for (what, events) in
        [("all events", events), ("process events", &of_category(events, "process"))]
    {
        let (mut projection, mut naive, mut fused) = (eql(), eql(), eql());
        let found = measure(
            vec![
                over("lines to rows", events, |line| {
                    projection.project(line);
                    1
                }),
                over("lines to matches, each condition tested", events, |line| {
                    naive.one_by_one(line)
                }),
                over("lines to matches", events, |line| fused.fused(line)),
            ],
            rounds,
        );
        println!("{} {what}:\n\n{}", grouped(events.len() as f64), table(&found, 1));
        let [rows, naive_ns, fused_ns] = [0, 1, 2].map(|at| found[at].ns);
        println!(
            "Conditions tested: {:.1} an event one by one, {:.1} with guards. Rows to matches, as the difference: \
             {} and {} ns, a multiple of {:.1}.\n",
            naive.candidates(),
            fused.candidates(),
            grouped(naive_ns - rows),
            grouped(fused_ns - rows),
            (naive_ns - rows) / (fused_ns - rows),
        );
    }
    let of_process = rules.iter().filter(|rule| concerns(rule, "process")).count();
    println!("{of_process} of the rules can match a process event.\n");
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
fn against(events: &Events, rules: &[Query], about: &About, rounds: usize) {
    let About { name, tuning, differs, needs_collapsed, build } = about;
    println!("## Beside {name}\n");
    let collapsed = needs_collapsed.then(|| collapse(events));
    let theirs_reads = collapsed.as_ref().unwrap_or(events);
    let Loaded { mut peer, rules: kept, left_out } = build(&mut rules.iter().enumerate());
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
    let mut subset = rules.iter().enumerate().filter(|(at, _)| agreed.contains(at));
    let Loaded { peer, .. } = build(&mut subset);

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
    if !apart.is_empty() {
        println!("Other matches; known of {name}: {differs}.\n");
        for (&rule, (ours, theirs)) in &apart {
            let name = pack::RULES[rule].name;
            println!("* {name}: {ours} that only eql has, {theirs} that only the peer has");
        }
        println!();
    }
    let both = |rule| agreed.contains(&rule);
    let found = measure(
        vec![
            searching("eql, lines to matches", events, Box::new(eql_of(both))),
            whole_way("eql, lines to alerts", events, eql_of(both)),
            searching(format!("{name}, lines to matches"), theirs_reads, peer),
        ],
        rounds,
    );
    println!("{}", table(&found, found.len() - 1));
}

/// The rules of which one finds matches that the other does not: how many ours, how many theirs.
fn disagreements(
    events: &Events,
    theirs_reads: &Events,
    rules: &BTreeSet<usize>,
    peer: &mut dyn Peer,
) -> BTreeMap<usize, (usize, usize)> {
    let mut eql = eql_of(|rule| rules.contains(&rule));
    let mut apart: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (line, their_line) in events.lines().zip(theirs_reads.lines()) {
        ours.clear();
        theirs.clear();
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

fn scaling(events: &Events, rules: &[Query], rounds: usize) {
    println!("## More rules\n");
    let spread = |count: usize| -> BTreeSet<usize> {
        (0..count).map(|at| at * rules.len() / count).collect()
    };
    let counts =
        [10, 100, 500].into_iter().filter(|&count| count < rules.len()).chain([rules.len()]);
    let counts: Vec<usize> = counts.collect();
    let some = |count: usize| {
        let kept = spread(count);
        eql_of(|rule| kept.contains(&rule))
    };
    let contenders = counts
        .iter()
        .map(|&count| whole_way(format!("{count} rules, lines to alerts"), events, some(count)));
    println!("{}", table(&measure(contenders.collect(), rounds), 0));
    let mut projection = eql();
    let rows = over("lines to rows, for all rules", events, |line| {
        projection.project(line);
        1
    });
    let matches = counts.iter().map(|&count| {
        searching(format!("{count} rules, lines to matches"), events, Box::new(some(count)))
    });
    let found = measure([rows].into_iter().chain(matches).collect(), rounds);
    println!("{}", table(&found, 1));
    let alone = found[1..].iter().zip(&counts).map(|(of, count)| {
        let ns = grouped(of.ns - found[0].ns);
        format!("{ns} with {count}")
    });
    let alone: Vec<String> = alone.collect();
    println!("Rows to matches, as the difference, in ns: {}.\n", alone.join(", "));
    let of_process = of_category(events, "process");
    let process = |rule: usize| rules.get(rule).is_some_and(|rule| concerns(rule, "process"));
    let of = |keep: &dyn Fn(usize) -> bool| Eql::<padded::Set>::of(&padded::RULES, keep);
    let sets = [of(&process), of(&|rule| rule < rules.len()), of(&|_| true)];
    let names = [
        format!(
            "the {} rules that can match them",
            (0..rules.len()).filter(|&rule| process(rule)).count()
        ),
        format!("all {} rules", rules.len()),
        format!("all rules and {} on files", padded::RULES.len() - rules.len()),
    ];
    let contenders =
        sets.into_iter().zip(names).map(|(eql, name)| searching(name, &of_process, Box::new(eql)));
    println!("Lines of process events to matches:\n");
    println!("{}", table(&measure(contenders.collect(), rounds), 0));

    println!(
        "Threads, each with its own part of the events and its own state; time that passes:\n"
    );
    let contenders = [1, 2].map(|threads| {
        let mut parts: Vec<(Events, Eql<pack::Set>)> =
            (0..threads).map(|part| (events.only(|at| at % threads == part), eql())).collect();
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
