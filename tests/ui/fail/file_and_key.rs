// A key that the rule file has.
#[eql::rule(path = "rules/good.toml", severity = "high")]
pub struct File;

fn main() {
    let _ = File::META;
}
