// Two files make the same struct.
eql::rules! { pub mod pack = "sets/one_name_twice/**/*.toml" }

fn main() {
    let _ = pack::SameName::META;
}
