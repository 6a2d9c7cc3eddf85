// A rule file of another language.
#[eql::rule(path = "rules/kuery.toml")]
pub struct File;

fn main() {}
