//! The projection scanner beside `serde_json`.

use eql::scan::{Flaw, Projection, Raw, Scan};

#[test]
fn values_of_paths() {
    let projection = Projection::new(&["a.b", "a", "c"]);
    let mut scan = Scan::new();
    scan.read(&projection, br#" {"a.b":1,"a":[{"b":["x\n",null]},true],"c":null,"d":{}} "#)
        .unwrap();
    assert_eq!(scan.values(0).collect::<Vec<_>>(), [Raw::Number("1"), Raw::Str("x\n")]);
    assert_eq!(scan.values(1).collect::<Vec<_>>(), [Raw::Bool(true)]);
    assert!(!scan.has(2));
    assert_eq!(scan.read(&projection, b"[]"), Err(Flaw::NotAnObject));
    assert!(!scan.has(0));
    assert!(scan.line().is_empty());
}
