//! A whole sensor with a command line around compiled EQL rules.
//!
//! ```no_run
//! eql::rules! { pub mod pack = "tests/rules/*.toml" }
//!
//! fn main() -> eql_sensor::ExitCode {
//!     eql_sensor::main!(pack)
//! }
//! ```
//!
//! The program that comes out reads events from files, folders and standard input
//! (`sensor hunt logs/`), writes alerts as Kibana writes them, and lists the rules that it was
//! compiled with (`sensor rules`). `sensor --help` teaches the rest.
//!
//! [`main!`] takes modules made by `eql::rules!` and types made by `#[eql::rule]` alike. [`run`]
//! takes rules as values, for programs that choose them at run time, and [`run_with`] also takes
//! the three standard streams, for programs that call a sensor inside themselves.

mod bad;
mod cli;
mod event;
mod exit;
mod export;
mod format;
mod hunt;
mod list;
mod progress;
mod reader;
mod report;
mod rules;
mod run;
mod seen;
mod sink;
mod source;
mod streams;

pub use exit::ExitCode;
pub use run::{run, run_with};
pub use streams::Streams;

use eql::set::Driver;

/// Rules that a sensor drives, with their running state: sets, and rules
/// [one by one](eql::set::OneByOne).
pub type Rules = Vec<Box<dyn Driver>>;

/// The body of a sensor's `main`: runs the given rules under the program's own command line.
///
/// Takes one or more paths. A path names either a module made by `eql::rules!`, which stands for
/// all its rules, or a type made by `#[eql::rule]`. Evaluates to an [`ExitCode`].
///
/// ```no_run
/// eql::rules! { mod pack = "tests/rules/*.toml" }
///
/// #[eql::rule(name = "Shell", severity = "low", risk_score = 21, query(process where process.name == "sh"))]
/// struct Shell;
///
/// fn main() -> eql_sensor::ExitCode {
///     eql_sensor::main!(pack, Shell)
/// }
/// ```
#[macro_export]
macro_rules! main {
    ($($rules:path),+ $(,)?) => {
        $crate::run($crate::rules!($($rules),+), ::std::env::args_os())
    };
}

/// The rules of modules and types, as [`main!`] takes them, in one [`Rules`].
///
/// The order is that of the arguments.
#[macro_export]
macro_rules! rules {
    ($($rules:path),+ $(,)?) => {{
        #[allow(unused_imports)]
        use $crate::__private::SingleRule as _;
        let mut rules = $crate::__private::Given::default();
        $( rules.add({
            #[allow(unused_imports)]
            use $rules as named;
            named::driver()
        }); )+
        rules.finish()
    }};
}

#[doc(hidden)]
pub mod __private {
    use eql::set::{Driver, OneByOne};
    use eql::{Detect, Detector};
    use serde_json::Value;

    use crate::Rules;

    /// Lets `Type::driver()` stand beside `module::driver()`, so that [`crate::main!`] need not know which of the
    /// two a path names.
    pub trait SingleRule {
        fn driver() -> Box<dyn Detector<Value>>
        where
            Self: Detect<Value>,
        {
            <Self as Detect<Value>>::detector()
        }
    }

    impl<R> SingleRule for R {}

    /// The arguments of [`crate::rules!`] so far.
    #[derive(Default)]
    pub struct Given {
        rules: Rules,
        /// Rules that follow one another, so that an event is parsed once for all of them.
        singles: Vec<Box<dyn Detector<Value>>>,
    }

    impl Given {
        pub fn add(&mut self, named: impl Named) {
            named.add_to(self);
        }

        pub fn finish(mut self) -> Rules {
            self.close();
            self.rules
        }

        fn close(&mut self) {
            let singles = std::mem::take(&mut self.singles);
            if !singles.is_empty() {
                self.rules.push(Box::new(OneByOne::new(singles)));
            }
        }
    }

    /// What a path can name.
    pub trait Named {
        fn add_to(self, given: &mut Given);
    }

    impl Named for Box<dyn Driver> {
        fn add_to(self, given: &mut Given) {
            given.close();
            given.rules.push(self);
        }
    }

    impl Named for Box<dyn Detector<Value>> {
        fn add_to(self, given: &mut Given) {
            given.singles.push(self);
        }
    }
}
