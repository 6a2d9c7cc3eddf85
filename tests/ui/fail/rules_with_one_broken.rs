// One rule of three has an error.
eql::rules! { pub mod pack = "sets/one_broken" }

fn main() {
    assert_eq!(pack::RULES.len(), 3);
    let _ = (pack::First::META, pack::Second::META, pack::Third::META);
    let _ = pack::detectors::<serde_json::Value>();
}
