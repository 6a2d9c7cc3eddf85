// A slip in the field that a member carries.
#[derive(eql::Event)]
pub struct Start {
    #[eql(field = "process.nmae")]
    pub name: String,
}

#[eql::rule(name = "n", severity = "low", risk_score = 21, query(process where process.name : "a.exe"))]
pub struct Rule;

fn main() {
    // The event takes every rule, so that nothing else is wrong.
    let _ = Rule::matches(&Start { name: String::new() });
}
