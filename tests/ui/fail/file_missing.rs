// A rule file that does not exist.
#[eql::rule(path = "rules/nowhere.toml")]
pub struct File;

fn main() {
    let _ = File::META;
}
