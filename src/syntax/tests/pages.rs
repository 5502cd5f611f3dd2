//! The pages of the codes show programs that are what they claim to be.

use super::problems;
use crate::diag::codes;

#[test]
fn wrong_is_wrong_and_right_is_right() {
    for page in codes::all() {
        assert_eq!(problems(page.right), "", "{}", page.code);
        let wrong = problems(page.wrong);
        match page.code.starts_with("E01") {
            true => assert!(wrong.starts_with(page.code), "{}: {wrong}", page.code),
            false => assert_eq!(wrong, "", "{}", page.code),
        }
    }
}
