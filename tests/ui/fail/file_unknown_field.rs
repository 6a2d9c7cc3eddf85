// A slip in the query of a rule file.
#[eql::rule(path = "rules/unknown_field.toml")]
pub struct File;

fn main() {
    let _ = File::META;
}
