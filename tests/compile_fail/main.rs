//! What must not compile: each case is a program, and what the compiler says of it. Bad patterns of
//! `permission!` are in its documentation, as examples that must not compile.

#[test]
fn what_must_not_compile_does_not() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/cases/*.rs");
}
