// A rule file that is not TOML.
#[eql::rule(path = "rules/bad_toml.toml")]
pub struct File;

fn main() {}
