// A pattern of files to leave out that no file fits.
eql::rules! { pub mod pack = "sets/good", exclude = ["sets/good/nested", "sets/god/*.toml"] }

fn main() {
    let _ = pack::RULES;
}
