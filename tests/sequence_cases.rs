//! Cases that tell one meaning of sequences and samples from another: letters are the terms that
//! an event fits, in the order of the query, numbers are times.

#[path = "sequence_support/mod.rs"]
mod support;

use eql::sequence::{Limits, Pipe};
use support::{Event, Query, Row, Values, reference, run};

const SECOND: i64 = 1000;

/// Events as `(terms, time)`: `a` is the first term, `b` the second, `u` is `until`.
fn events(list: &[(&str, i64)]) -> Vec<Event> {
    keyed(&list.iter().map(|&(terms, time)| (terms, time, vec![])).collect::<Vec<_>>())
}

fn keyed(list: &[(&str, i64, Values)]) -> Vec<Event> {
    let event = |(number, (terms, time, values)): (u64, &(&str, i64, Values))| Event {
        number,
        time: *time,
        tiebreaker: None,
        terms: terms
            .bytes()
            .filter(|&letter| letter != b'u')
            .map(|letter| (u16::from(letter - b'a'), values.clone()))
            .collect(),
        until: terms.contains('u').then(|| values.clone()),
    };
    (1..).zip(list).map(event).collect()
}

/// Terms as in `a!bc`: `!` makes the next one a missing one.
fn query(terms: &str, maxspan: Option<i64>) -> Query {
    let mut list = Vec::new();
    let mut missing = false;
    for letter in terms.chars() {
        if letter == '!' {
            missing = true;
        } else {
            list.push((missing, 1));
            missing = false;
        }
    }
    Query::new(&list, maxspan)
}

/// Runs the machine, and the naive one as a check on this file.
#[track_caller]
fn check(query: &Query, events: &[Event], expected: &[&[u64]]) {
    // 0 is no event: what stands for a missing one.
    let row = |row: &&[u64]| -> Row { row.iter().map(|&n| (n > 0).then_some(n)).collect() };
    let expected: Vec<Row> = expected.iter().map(row).collect();
    assert_eq!(run(&mut query.machine(Limits::DEFAULT), events), expected);
    assert_eq!(reference(query, events), expected);
}

#[test]
fn the_most_recent_start_wins() {
    check(&query("ab", None), &events(&[("a", 1), ("a", 2), ("b", 3)]), &[&[2, 3]]);
}

#[test]
fn a_newer_sequence_pushes_the_older_out_of_its_slot() {
    let all = events(&[("a", 1), ("b", 2), ("a", 3), ("b", 4), ("c", 5)]);
    check(&query("abc", None), &all, &[&[3, 4, 5]]);
}

#[test]
fn going_on_empties_the_slot() {
    let all = events(&[("a", 1), ("b", 2), ("b", 3), ("c", 4)]);
    check(&query("abc", None), &all, &[&[1, 2, 4]]);
}

#[test]
fn a_start_behind_another_stays_pending() {
    let all = events(&[("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5), ("c", 6)]);
    check(&query("abc", None), &all, &[&[1, 2, 4], &[3, 5, 6]]);
}

#[test]
fn an_event_ends_one_sequence_and_starts_the_next() {
    let all = events(&[("ab", 1), ("ab", 2), ("ab", 3), ("ab", 4)]);
    check(&query("ab", None), &all, &[&[1, 2], &[2, 3], &[3, 4]]);
}

#[test]
fn maxspan_is_inclusive() {
    let span = query("ab", Some(SECOND));
    check(&span, &events(&[("a", 0), ("b", 1000)]), &[&[1, 2]]);
    check(&span, &events(&[("a", 0), ("b", 1001)]), &[]);
    check(&span, &events(&[("a", 0), ("a", 500), ("b", 1200)]), &[&[2, 3]]);
}

#[test]
fn a_sequence_that_took_too_long_is_lost() {
    let all = events(&[("a", 0), ("b", 100), ("b", 1900), ("c", 2000), ("c", 2001)]);
    check(&query("abc", Some(SECOND)), &all, &[]);
}

#[test]
fn until_ends_what_has_begun_and_not_what_is_complete() {
    check(&query("ab", None), &events(&[("a", 1), ("u", 2), ("b", 3)]), &[]);
    check(&query("ab", None), &events(&[("a", 1), ("b", 2), ("u", 3)]), &[&[1, 2]]);
    check(&query("ab", None), &events(&[("a", 1), ("bu", 2)]), &[&[1, 2]]);
    check(&query("abc", None), &events(&[("a", 1), ("bu", 2), ("c", 3)]), &[]);
}

#[test]
fn until_needs_the_same_key() {
    let key = |value: i64| -> Values { vec![(vec![value], false)] };
    let all = keyed(&[
        ("a", 1, key(1)),
        ("a", 2, key(2)),
        ("u", 3, key(1)),
        ("b", 4, key(1)),
        ("b", 5, key(2)),
    ]);
    check(&query("ab", None), &all, &[&[2, 5]]);
}

#[test]
fn null_is_a_key_only_where_it_is_optional() {
    let absent = |optional: bool| -> Values { vec![(vec![], optional)] };
    let pair = |optional| keyed(&[("a", 1, absent(optional)), ("b", 2, absent(optional))]);
    check(&query("ab", None), &pair(false), &[]);
    check(&query("ab", None), &pair(true), &[&[1, 2]]);
}

#[test]
fn arrays_take_part_once_for_each_distinct_value() {
    let values = |list: &[i64]| -> Values { vec![(list.to_vec(), false)] };
    let overlap = keyed(&[("a", 1, values(&[1, 2])), ("b", 2, values(&[2, 3]))]);
    check(&query("ab", None), &overlap, &[&[1, 2]]);
    let equal = keyed(&[("a", 1, values(&[1, 2, 1])), ("b", 2, values(&[2, 1, 2]))]);
    check(&query("ab", None), &equal, &[&[1, 2], &[1, 2]]);
}

#[test]
fn missing_between() {
    // The middle term is the missing one.
    let all = events(&[("ac", 1), ("ac", 2), ("b", 3), ("ac", 4)]);
    check(&query("a!bc", Some(SECOND)), &all, &[&[1, 0, 2]]);
}

#[test]
fn missing_between_looks_at_times_only() {
    let same_time = events(&[("a", 1), ("b", 1), ("b", 5), ("c", 5), ("b", 5)]);
    check(&query("a!bc", Some(SECOND)), &same_time, &[&[1, 0, 4]]);
}

#[test]
fn a_spoilt_sequence_is_not_tried_again() {
    // (1, 2, 4) fails on 3, and 1 is not tried with other events. (2, 4, 5) is a sequence of its own.
    let all = events(&[("abd", 1), ("abd", 2), ("c", 3), ("abd", 4), ("abd", 5)]);
    check(&query("ab!cd", Some(SECOND)), &all, &[&[2, 4, 0, 5]]);
}

#[test]
fn several_missing_in_a_row_and_several_gaps() {
    let several = query("a!b!cd!ef", Some(SECOND));
    check(&several, &events(&[("a", 1), ("d", 3), ("f", 5)]), &[&[1, 0, 0, 2, 0, 3]]);
    check(&several, &events(&[("a", 1), ("b", 2), ("d", 3), ("f", 5)]), &[]);
    check(&several, &events(&[("a", 1), ("c", 2), ("d", 3), ("f", 5)]), &[]);
    check(&several, &events(&[("a", 1), ("d", 3), ("e", 4), ("f", 5)]), &[]);
    // In the other gap they are no harm.
    check(
        &several,
        &events(&[("a", 1), ("e", 2), ("d", 3), ("b", 4), ("f", 5)]),
        &[&[1, 0, 0, 3, 0, 5]],
    );
}

#[test]
fn missing_at_the_end() {
    let tail = query("a!b", Some(SECOND));
    check(&tail, &events(&[("a", 1), ("a", 2), ("b", 3), ("a", 4)]), &[&[4, 0]]);
    check(&tail, &events(&[("a", 0), ("b", 1000)]), &[]);
    check(&tail, &events(&[("a", 0), ("b", 1001)]), &[&[1, 0]]);
    check(&tail, &events(&[("a", 0), ("b", 0)]), &[&[1, 0]]);
}

#[test]
fn missing_at_the_start() {
    let head = query("!ab", Some(SECOND));
    check(&head, &events(&[("a", 0), ("b", 5), ("a", 5)]), &[]);
    check(&head, &events(&[("a", 0), ("b", 1000)]), &[]);
    check(&head, &events(&[("a", 0), ("b", 1001)]), &[&[0, 2]]);
    check(&head, &events(&[("a", 5), ("b", 5)]), &[&[0, 2]]);
    check(&head, &events(&[("a", 0), ("a", 5), ("b", 5)]), &[]);
}

/// The window of the head is measured to the last event, not to the first.
#[test]
fn missing_at_the_start_of_a_long_sequence() {
    let head = query("!abc", Some(SECOND));
    check(&head, &events(&[("a", 0), ("b", 500), ("c", 1000)]), &[]);
    check(&head, &events(&[("a", 0), ("b", 500), ("c", 1001)]), &[&[0, 2, 3]]);
}

#[test]
fn missing_at_both_ends_needs_one_free_window() {
    let both = query("!ab!c", Some(SECOND));
    // One condition for both: the same events.
    check(&both, &events(&[("ac", 0), ("b", 600), ("ac", 1200)]), &[&[0, 2, 0]]);
    check(&both, &events(&[("ac", 0), ("b", 600), ("ac", 1000)]), &[]);
    // A bad end is forgiven where nothing is before.
    check(&both, &events(&[("b", 600), ("c", 700)]), &[&[0, 1, 0]]);
    check(&both, &events(&[("a", 600), ("b", 700)]), &[&[0, 2, 0]]);
}

#[test]
fn missing_needs_the_same_key() {
    let key = |value: i64| -> Values { vec![(vec![value], false)] };
    let between = |other| keyed(&[("a", 1, key(1)), ("b", 2, key(other)), ("c", 3, key(1))]);
    check(&query("a!bc", Some(SECOND)), &between(1), &[]);
    check(&query("a!bc", Some(SECOND)), &between(2), &[&[1, 0, 3]]);
    let around = |other| keyed(&[("a", 1, key(other)), ("b", 2, key(1)), ("c", 3, key(other))]);
    check(&query("!ab", Some(SECOND)), &around(1), &[]);
    check(&query("!ab", Some(SECOND)), &around(2), &[&[0, 2]]);
    check(&query("a!b", Some(SECOND)), &keyed(&[("a", 1, key(1)), ("b", 2, key(2))]), &[&[1, 0]]);
}

#[test]
fn runs_repeat_a_term() {
    let thrice = Query::new(&[(false, 3)], None);
    let all = events(&[("a", 1), ("a", 2), ("a", 3), ("a", 4)]);
    check(&thrice, &all, &[&[1, 2, 3], &[2, 3, 4]]);
    let empty_slots = Query::new(&[(false, 1), (true, 2), (false, 1)], Some(SECOND));
    check(&empty_slots, &events(&[("a", 1), ("c", 2)]), &[&[1, 0, 0, 2]]);
}

#[test]
fn pipes_compose() {
    let all = events(&[("ab", 1), ("ab", 2), ("ab", 3), ("ab", 4), ("ab", 5), ("ab", 6)]);
    let piped = |pipes: &[Pipe]| Query { pipes: pipes.to_vec(), ..query("ab", None) };
    check(&piped(&[Pipe::Head(2)]), &all, &[&[1, 2], &[2, 3]]);
    check(&piped(&[Pipe::Tail(2)]), &all, &[&[4, 5], &[5, 6]]);
    check(&piped(&[Pipe::Head(4), Pipe::Tail(2)]), &all, &[&[3, 4], &[4, 5]]);
    check(&piped(&[Pipe::Tail(3), Pipe::Head(1)]), &all, &[&[3, 4]]);
    check(&piped(&[Pipe::Head(0)]), &all, &[]);
    check(&piped(&[Pipe::Tail(0), Pipe::Tail(3)]), &all, &[]);
}
