// The dialect of Elastic Defend, over documents.
#![deny(warnings, missing_docs, clippy::pedantic)]
//! Rules of the endpoint dialect.

use serde_json::json;

/// One value of an array, and fields compared with one another.
#[eql::rule(
    dialect = "endpoint",
    name = "an argument is the name of the process",
    severity = "low",
    risk_score = 1,
    query(
        process where process.name == process.parent.name and
         _arraysearch(process.args, $arg, $arg : "-x*" and $arg != "-x1")
    )
)]
pub struct Argument;

/// Objects of an array.
#[eql::rule(
    dialect = "endpoint",
    name = "a frame of the call stack",
    severity = "low",
    risk_score = 1,
    query(
        process where _arraysearch(
            process.thread.Ext.call_stack, $entry,
            $entry.symbol_info : "*ntdll.dll*" and $entry.protection == "RWX"
        )
    )
)]
pub struct Frame;

fn main() {
    let event = |args: &[&str]| {
        json!({
            "event": { "category": "process" },
            "process": { "name": "a", "parent": { "name": "a" }, "args": args },
        })
    };
    assert!(Argument::matches(&event(&["-x1", "-x2"])));
    assert!(!Argument::matches(&event(&["-x1", "y"])));
    let stack = |frames: serde_json::Value| {
        json!({
            "event": { "category": "process" },
            "process": { "thread": { "Ext": { "call_stack": frames } } },
        })
    };
    let both = json!([{ "symbol_info": "C:\\ntdll.dll!a", "protection": "RWX" }]);
    let apart = json!([{ "symbol_info": "C:\\ntdll.dll!a" }, { "protection": "RWX" }]);
    assert!(Frame::matches(&stack(both)));
    assert!(!Frame::matches(&stack(apart)));
}
