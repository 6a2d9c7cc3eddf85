// A macro that makes rules, as another crate would export it.

/// A rule about one process.
#[macro_export]
macro_rules! process_rule {
    ($(#[$attr:meta])* $vis:vis $name:ident, $title:literal, $query:tt, $($process:literal),+) => {
        $(#[$attr])*
        #[eql::rule(
            name = $title,
            severity = "low",
            risk_score = 1,
            query(
                process where event.type == "start" and
                 process.name : ($($process),+) and
                 not process.parent.name == "x"
            )
        )]
        $vis struct $name;

        /// The same from a query of the caller.
        pub mod given {
            /// A rule of a query in parentheses.
            #[eql::rule(name = $title, severity = "low", risk_score = 1, query $query)]
            pub struct Given;
        }
    };
}
