//! Trees of every kind, at random: what is printed parses to the tree that was printed.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use eql_grammar::{
    ast::{
        Arith, ArithOp, Body, Call, Category, Compare, CompareOp, Dialect, EventQuery, Expr,
        FieldPath, In, Literal, Match, MatchOp, Pipe, PipeKind, Query, Sample, Sequence, Term,
        TimeSpan, TimeUnit, Variable,
    },
    parser::parse,
    span::{Span, Spanned},
};

/// A generator of trees, the same ones in every run.
struct Trees(u64);

impl Trees {
    fn below(&mut self, limit: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    fn many<T>(
        &mut self,
        least: usize,
        most: usize,
        mut one: impl FnMut(&mut Self) -> T,
    ) -> Vec<Spanned<T>> {
        let count = least + self.below(most - least + 1);
        (0..count).map(|_| spanned(one(self))).collect()
    }

    fn text(&mut self) -> String {
        let parts = [
            "a", "B", "_", "@", ".", " ", "`", "``", "\"", "\"\"\"", "\\", "'", "?", "*", "\n",
            "\t", "\r", "\u{8}", "\u{c}", "\u{0}", "\u{1b}", "\u{7f}", "\u{85}", "\u{2028}", "é",
            "😀", "//", "/*", "]", ")", "0", "u{41}", "any", "$",
        ];
        (0..self.below(6)).map(|_| self.pick(&parts)).collect()
    }

    /// A path of segments that are not empty and stand on one line.
    fn path(&mut self) -> String {
        let segments = [
            "process", "Ext", "name", "in", "True", "sequence", "0", "a b", "a`b", "@t", "_x", "é",
            "any", "?x", "\"",
        ];
        let count = 1 + self.below(3);
        (0..count).map(|_| self.pick(&segments)).collect::<Vec<_>>().join(".")
    }

    fn field(&mut self) -> FieldPath {
        FieldPath { optional: self.flip(), path: self.path() }
    }

    fn literal(&mut self) -> Literal {
        match self.below(7) {
            0 => Literal::Null,
            1 => Literal::Bool(self.flip()),
            2 => Literal::Int(self.pick(&[0, 1, 42, i64::MAX])),
            3 => Literal::Float(self.pick(&[
                0.0,
                0.5,
                1.0,
                1e16,
                1e-7,
                9.3e18,
                f64::MAX,
                f64::MIN_POSITIVE,
            ])),
            _ => Literal::Str(self.text()),
        }
    }

    fn boxed(&mut self, depth: usize) -> Box<Spanned<Expr>> {
        Box::new(spanned(self.expr(depth)))
    }

    fn expr(&mut self, depth: usize) -> Expr {
        if depth == 0 {
            return match self.below(3) {
                0 => Expr::Literal(self.literal()),
                1 => Expr::Variable(Variable {
                    name: self.pick(&["entry", "_x", "E1"]).to_owned(),
                    path: if self.flip() { String::new() } else { self.path() },
                }),
                _ => Expr::Field(self.field()),
            };
        }
        let depth = depth - 1;
        match self.below(10) {
            0 => Expr::Not(self.boxed(depth)),
            1 => Expr::Neg(self.boxed(depth)),
            2 => Expr::And(self.many(2, 4, |t| t.expr(depth))),
            3 => Expr::Or(self.many(2, 4, |t| t.expr(depth))),
            4 => Expr::Compare(Box::new(Compare {
                left: spanned(self.expr(depth)),
                op: spanned(self.pick(&[
                    CompareOp::Eq,
                    CompareOp::Ne,
                    CompareOp::Lt,
                    CompareOp::Le,
                    CompareOp::Gt,
                    CompareOp::Ge,
                ])),
                right: spanned(self.expr(depth)),
            })),
            5 => Expr::Arith(Box::new(Arith {
                left: spanned(self.expr(depth)),
                op: spanned(self.pick(&[
                    ArithOp::Add,
                    ArithOp::Sub,
                    ArithOp::Mul,
                    ArithOp::Div,
                    ArithOp::Mod,
                ])),
                right: spanned(self.expr(depth)),
            })),
            6 => Expr::In(Box::new(In {
                value: spanned(self.expr(depth)),
                negated: self.flip(),
                fold: self.flip(),
                list: self.many(1, 3, |t| t.expr(depth)),
            })),
            7 => Expr::Match(Box::new(Match {
                value: spanned(self.expr(depth)),
                op: spanned(self.pick(&[
                    MatchOp::Colon,
                    MatchOp::Like,
                    MatchOp::LikeFold,
                    MatchOp::Regex,
                    MatchOp::RegexFold,
                ])),
                patterns: self.many(1, 3, Self::literal),
            })),
            8 => Expr::Call(Call {
                name: spanned(
                    self.pick(&["length", "startsWith", "_arraysearch", "HEAD", "as"]).to_owned(),
                ),
                fold: self.flip(),
                args: self.many(0, 3, |t| t.expr(depth)),
            }),
            _ => Expr::DescendantOf(Box::new(self.event(depth))),
        }
    }

    fn event(&mut self, depth: usize) -> EventQuery {
        let category = match self.below(4) {
            0 => Category::Any,
            1 => Category::Named(
                self.pick(&["process", "any", "sequence", "Sequence", "where", "head", "a.b"])
                    .to_owned(),
            ),
            2 => Category::Named(self.text()),
            _ => Category::Named("file".to_owned()),
        };
        EventQuery { category: spanned(category), condition: spanned(self.expr(depth)) }
    }

    fn term(&mut self, plain: bool) -> Term {
        Term {
            missing: !plain && self.flip(),
            query: self.event(2),
            by: self.many(0, 2, Self::field),
            runs: (!plain && self.flip()).then(|| spanned(self.pick(&[0, 1, 100, u64::MAX]))),
            alias: (!plain && self.flip()).then(|| spanned("event0".to_owned())),
        }
    }

    fn query(&mut self) -> Query {
        let body = match self.below(3) {
            0 => Body::Event(self.event(4)),
            1 => Body::Sample(Sample {
                by: self.many(0, 2, Self::field),
                terms: self.many(1, 3, |t| t.term(true)),
            }),
            _ => Body::Sequence(Sequence {
                by: self.many(0, 2, Self::field),
                maxspan: self.flip().then(|| {
                    let unit = self.pick(&[
                        TimeUnit::Millis,
                        TimeUnit::Seconds,
                        TimeUnit::Minutes,
                        TimeUnit::Hours,
                        TimeUnit::Days,
                    ]);
                    spanned(TimeSpan { count: self.pick(&[1, 90, 10_000]), unit })
                }),
                terms: self.many(1, 3, |t| t.term(false)),
                until: self.flip().then(|| spanned(self.term(false))),
            }),
        };
        let pipes = self.many(0, 2, |t| Pipe {
            kind: t.pick(&[PipeKind::Head, PipeKind::Tail]),
            count: spanned(t.expr(1)),
        });
        Query { body, pipes }
    }
}

fn spanned<T>(node: T) -> Spanned<T> {
    Spanned::new(node, Span::default())
}

#[test]
fn printed_trees_parse_back() {
    let mut trees = Trees(1);
    for round in 0..1500 {
        let tree = trees.query();
        let printed = tree.to_string();
        match parse(&printed, Dialect::Endpoint) {
            Ok(again) => assert_eq!(again, tree, "round {round}: {printed}"),
            Err(errors) => panic!("round {round}: {:#?} in\n{printed}", errors.as_slice()),
        }
    }
}

#[test]
fn constants_below_zero_print_as_values() {
    // No text gives such a literal, but a fold of constants may print one.
    let below = |literal: Literal| spanned(Expr::Literal(literal));
    let sum = Expr::Arith(Box::new(Arith {
        left: below(Literal::Int(-1)),
        op: spanned(ArithOp::Sub),
        right: below(Literal::Float(-2.5)),
    }));
    assert_eq!(sum.to_string(), "-1 - -2.5");
    let test = In {
        value: below(Literal::Int(-1)),
        negated: false,
        fold: false,
        list: vec![below(Literal::Int(-2))],
    };
    assert_eq!(Expr::In(Box::new(test)).to_string(), "(-1) in (-2)");
}
