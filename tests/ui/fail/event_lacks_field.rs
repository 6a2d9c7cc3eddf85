// An event without a field that the rule reads.
#[derive(eql::Event)]
#[eql(category = "process")]
pub struct Start {
    #[eql(field = "process.name")]
    pub name: String,
}

#[eql::rule(
    name = "n",
    severity = "low",
    risk_score = 21,
    query(process where process.name : "a.exe" and process.parent.name : "b.exe")
)]
pub struct StartedByB;

fn main() {
    let _ = StartedByB::matches(&Start { name: String::new() });
}
