// A rule file without `rule_id`.
#[eql::rule(path = "rules/no_rule_id.toml")]
pub struct File;

fn main() {}
