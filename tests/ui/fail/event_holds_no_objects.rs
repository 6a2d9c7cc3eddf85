// A struct in a rule that looks into objects.
#[derive(eql::Event)]
#[eql(category = "process")]
pub struct Start {
    #[eql(field = "process.name")]
    pub name: String,
}

#[eql::rule(
    dialect = "endpoint",
    name = "n",
    severity = "low",
    risk_score = 21,
    query(process where _arraysearch(process.thread.Ext.call_stack, $entry, $entry.protection == "RWX"))
)]
pub struct Stack;

fn main() {
    let _ = Stack::matches(&Start { name: String::new() });
}
