// A pattern that no file fits.
eql::rules! { pub mod pack = "nowhere/**/*.toml" }

fn main() {
    let _ = pack::RULES;
}
