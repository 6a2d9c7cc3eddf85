// The word that is wrong is underlined where it stands, inside a macro or not.
macro_rules! named {
    ($name:ident, $($query:tt)*) => {
        #[eql::rule(name = "inside a macro", severity = "low", risk_score = 21, query($($query)*))]
        pub struct $name;
    };
}

named!(Inside, process where process.name : "a.exe" and process.nmae : "b.exe");

fn main() {
    let _ = Inside::META;
}
