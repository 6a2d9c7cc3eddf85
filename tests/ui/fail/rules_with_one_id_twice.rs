// Two files give the same identity.
eql::rules! { pub mod pack = "sets/one_id_twice" }

fn main() {
    let _ = pack::First::META;
    let _ = pack::Second::META;
}
