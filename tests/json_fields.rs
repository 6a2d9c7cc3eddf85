//! Fields of JSON documents, read as Elasticsearch indexes them.

use std::net::IpAddr;

use eql::field::{
    Boolean, Date, Double, Field, Has, Ip, Keyword, Kind, Long, UnsignedLong, Version,
};
use eql::json::HasObjects;
use eql::{Event, Timestamp};
use serde_json::{Value, json};

macro_rules! field {
    ($( $name:ident: $kind:ty, $path:literal; )+) => { $(
        enum $name {}
        impl Field for $name {
            const PATH: &'static str = $path;
            type Kind = $kind;
        }
    )+ };
}

field! {
    Deep: Keyword, "process.Ext.effective_parent.name";
    AsKeyword: Keyword, "x";
    AsLong: Long, "x";
    AsUnsignedLong: UnsignedLong, "x";
    AsDouble: Double, "x";
    AsBoolean: Boolean, "x";
    AsDate: Date, "x";
    AsIp: Ip, "x";
    AsVersion: Version, "x";
    Itself: Keyword, "";
}

fn values<F: Field>(event: &Value) -> Vec<<F::Kind as Kind>::Owned> {
    eql::values::collect::<Value, F>(event).to_vec()
}

/// The values of a field `x` of type `F::Kind` that is given as `value`.
fn read<F: Field>(value: Value) -> Vec<<F::Kind as Kind>::Owned> {
    values::<F>(&json!({ "x": value }))
}

#[test]
fn paths_may_be_nested_dotted_or_both() {
    for event in [
        json!({"process": {"Ext": {"effective_parent": {"name": "a"}}}}),
        json!({"process.Ext.effective_parent.name": "a"}),
        json!({"process": {"Ext.effective_parent": {"name": "a"}}}),
        json!({"process": {"Ext.effective_parent.name": "a"}}),
        json!({"process.Ext": {"effective_parent": {"name": "a"}}}),
        json!({"process": null, "process.Ext": {"effective_parent.name": "a"}}),
        json!([{"process": [{"Ext": [[{"effective_parent": {"name": ["a"]}}]]}]}]),
    ] {
        assert_eq!(values::<Deep>(&event), ["a"], "{event}");
    }
}

#[test]
fn what_is_no_value_is_absent() {
    for event in [
        json!({}),
        json!(null),
        json!("a"),
        json!({"process": "a"}),
        json!({"process": {"Ext": null}}),
        json!({"process": {"Ext": {"effective_parent": {"name": null}}}}),
        json!({"process": {"Ext": {"effective_parent": {"name": []}}}}),
        json!({"process": {"Ext": {"effective_parent": {"name": [null, [], [[null]]]}}}}),
        json!({"process": {"Ext": {"effective_parent": {"name": {"more": "a"}}}}}),
        json!({"process": {"Ext": {"effective_parent": {"names": "a"}}}}),
        json!({"Ext": {"effective_parent": {"name": "a"}}}),
    ] {
        assert_eq!(values::<Deep>(&event), [""; 0], "{event}");
    }
}

#[test]
fn arrays_flatten_at_every_level() {
    let event = json!({"process": [
        {"Ext": {"effective_parent": [{"name": ["a", null, ["b", ["c"]]]}, {"name": "d"}]}},
        {"Ext.effective_parent": {"name": []}},
        7,
        {"Ext": [{"effective_parent.name": "e"}]},
    ]});
    assert_eq!(values::<Deep>(&event), ["a", "b", "c", "d", "e"]);
}

#[test]
fn spellings_of_a_path_add_up() {
    let event = json!({"process": {"Ext": {"effective_parent": {"name": "a"}}},
                       "process.Ext.effective_parent.name": "b"});
    assert_eq!(values::<Deep>(&event), ["a", "b"]);
}

#[test]
fn the_first_hit_ends_the_search() {
    let mut seen = Vec::new();
    let event = json!({"x": ["a", "b", "c"]});
    assert!(Has::<AsKeyword>::any(&event, |value| {
        seen.push(value.to_owned());
        value == "b"
    }));
    assert_eq!(seen, ["a", "b"]);
}

#[test]
fn keyword() {
    for (value, expected) in [
        (json!(""), ""),
        (json!("Ä"), "Ä"),
        (json!(-7), "-7"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(1.5), "1.5"),
        (json!(1.0), "1.0"),
        (json!(-2.225_073_858_507_201_4e-308), "-2.2250738585072014e-308"),
        (json!(true), "true"),
        (json!(false), "false"),
    ] {
        assert_eq!(read::<AsKeyword>(value.clone()), [expected]);
        assert_eq!(read::<AsVersion>(value), [expected]);
    }
    assert_eq!(read::<AsKeyword>(json!({"a": 1})), [""; 0]);
    // An index leaves out what is longer than its `ignore_above`.
    assert_eq!(read::<AsKeyword>(json!("a".repeat(40_000))), ["a".repeat(40_000)]);
}

#[test]
fn long() {
    for (value, expected) in [
        (json!(7), 7),
        (json!(i64::MIN), i64::MIN),
        (json!(-7.9), -7),
        (json!(1e3), 1000),
        (json!("7"), 7),
        (json!("-7.9"), -7),
        (json!("7."), 7),
        (json!("1e3"), 1000),
        (json!("9223372036854775807"), i64::MAX),
        (json!("9223372036854775807.9"), i64::MAX),
    ] {
        assert_eq!(read::<AsLong>(value.clone()), [expected], "{value}");
    }
    for value in [
        json!(9_223_372_036_854_775_808_u64),
        json!(1e19),
        json!(-1e19),
        json!("9223372036854775808"),
        json!("-9223372036854775809"),
        json!("-9223372036854775809.0"),
        json!(""),
        json!("x"),
        json!("1.x"),
        json!("inf"),
        json!("nan"),
        json!(true),
    ] {
        assert_eq!(read::<AsLong>(value.clone()), [0_i64; 0], "{value}");
    }
}

#[test]
fn unsigned_long() {
    for (value, expected) in [
        (json!(7), 7),
        (json!(u64::MAX), u64::MAX),
        (json!("18446744073709551615"), u64::MAX),
        (json!(7.0), 7),
        (json!("7.0"), 7),
    ] {
        assert_eq!(read::<AsUnsignedLong>(value.clone()), [expected], "{value}");
    }
    for value in [json!(-1), json!("-1"), json!(7.5), json!(1e20), json!(""), json!(true)] {
        assert_eq!(read::<AsUnsignedLong>(value.clone()), [0_u64; 0], "{value}");
    }
}

#[test]
fn double() {
    for (value, expected) in [
        (json!(7), 7.0),
        (json!(1.5), 1.5),
        (json!(u64::MAX), 18_446_744_073_709_551_615.0),
        (json!("1.5"), 1.5),
        (json!("-1e3"), -1000.0),
    ] {
        assert_eq!(read::<AsDouble>(value.clone()), [expected], "{value}");
    }
    for value in [json!("NaN"), json!("inf"), json!("1e999"), json!(""), json!(false)] {
        assert_eq!(read::<AsDouble>(value.clone()), [0.0; 0], "{value}");
    }
}

#[test]
fn boolean() {
    for (value, expected) in [
        (json!(true), true),
        (json!(false), false),
        (json!("true"), true),
        (json!("false"), false),
        (json!(""), false),
    ] {
        assert_eq!(read::<AsBoolean>(value.clone()), [expected], "{value}");
    }
    for value in [json!("True"), json!("yes"), json!(1), json!(0)] {
        assert_eq!(read::<AsBoolean>(value.clone()), [false; 0], "{value}");
    }
}

#[test]
fn date() {
    let instant = Timestamp::parse("2017-08-30T20:47:33Z").unwrap();
    for value in [
        json!("2017-08-30T20:47:33Z"),
        json!("2017-08-30T22:47:33.000+02:00"),
        json!("1504126053000"),
        json!(1_504_126_053_000_i64),
        json!(1_504_126_053_000.0),
    ] {
        assert_eq!(read::<AsDate>(value.clone()), [instant], "{value}");
    }
    let half = read::<AsDate>(json!(-0.5));
    assert_eq!(half, [Timestamp::from_nanos(-500_000)]);
    for value in [json!("yesterday"), json!(""), json!(1e30), json!(u64::MAX), json!(true)] {
        assert_eq!(read::<AsDate>(value.clone()), [] as [Timestamp; 0], "{value}");
    }
}

#[test]
fn ip() {
    for (value, expected) in [
        (json!("10.0.0.1"), "10.0.0.1"),
        (json!("fe80::1"), "fe80::1"),
        (json!("::ffff:10.0.0.1"), "10.0.0.1"),
    ] {
        assert_eq!(read::<AsIp>(value), [expected.parse::<IpAddr>().unwrap()]);
    }
    for value in [json!("10.0.0"), json!("10.0.0.1/8"), json!("fe80::1%eth0"), json!(1)] {
        assert_eq!(read::<AsIp>(value.clone()), [] as [IpAddr; 0], "{value}");
    }
}

#[test]
fn documents_are_events() {
    let event = json!({"@timestamp": ["soon", "2017-08-30T20:47:33Z"], "a.b": {"c": 1}});
    assert_eq!(event.timestamp(), Timestamp::parse("2017-08-30T20:47:33Z"));
    assert_eq!(event.source(), event);
    assert_eq!(json!({"@timestamp": 5}).timestamp(), Timestamp::from_millis(5));
    assert_eq!(json!({}).timestamp(), None);
}

#[test]
fn elements_are_objects_or_scalars() {
    let event = json!({"process": {"thread.Ext": {"call_stack": [
        {"x": "a", "n": 1}, null, [{"x": ["b", "c"]}], "d"
    ]}}});
    let mut elements = Vec::new();
    let path = "process.thread.Ext.call_stack";
    assert!(!event.any_object(path, |element| {
        elements.push((values::<AsKeyword>(element), values::<Itself>(element)));
        false
    }));
    let strings = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        elements,
        [
            (strings(&["a"]), strings(&[])),
            (strings(&["b", "c"]), strings(&[])),
            (strings(&[]), strings(&["d"])),
        ]
    );
    assert!(event.any_object(path, |element| values::<AsKeyword>(element) == ["b", "c"]));
    assert!(!event.any_object("process.thread", Value::is_string));
    assert!(!json!({}).any_object(path, |_| true));
}

/// Documents with every mix of nesting, dots and arrays, from a fixed sequence of numbers.
struct Documents(u64);

impl Documents {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn value(&mut self, depth: u64) -> Value {
        match self.below(if depth == 0 { 3 } else { 6 }) {
            0 => json!(self.below(5)),
            1 => json!("s"),
            2 => Value::Null,
            3 => (0..self.below(3)).map(|_| self.value(depth - 1)).collect(),
            _ => self.object(depth - 1),
        }
    }

    fn object(&mut self, depth: u64) -> Value {
        let keys = ["x", "y", "x.y", "y.x", "x.x", "x.y.x"];
        let mut object = serde_json::Map::new();
        for _ in 0..self.below(4) {
            let key = keys[usize::try_from(self.below(6)).expect("six keys")];
            object.insert(key.to_owned(), self.value(depth));
        }
        Value::Object(object)
    }
}

/// What a document holds at a path, by writing out all of it.
fn flattened(value: &Value, at: &str, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Array(elements) => elements.iter().for_each(|v| flattened(v, at, path, found)),
        Value::Object(members) => {
            for (key, member) in members {
                let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                flattened(member, &at, path, found);
            }
        }
        Value::String(text) if at == path => found.push(text.clone()),
        other if at == path => found.push(other.to_string()),
        _ => {}
    }
}

field! {
    Xy: Keyword, "x.y";
    Xyx: Keyword, "x.y.x";
    Xxyx: Keyword, "x.x.y.x";
}

#[test]
fn values_are_those_of_the_flattened_document() {
    fn check<F: Field<Kind = Keyword>>(document: &Value) -> usize {
        let mut expected = Vec::new();
        flattened(document, "", F::PATH, &mut expected);
        let mut read = values::<F>(document);
        read.sort();
        expected.sort();
        assert_eq!(read, expected, "{} in {document}", F::PATH);
        read.len()
    }

    let mut documents = Documents(1);
    let mut hits = 0;
    for _ in 0..20_000 {
        let document = documents.object(4);
        hits += check::<AsKeyword>(&document) + check::<Xy>(&document);
        hits += check::<Xyx>(&document) + check::<Xxyx>(&document);
    }
    assert!(hits > 5_000, "{hits}");
}
