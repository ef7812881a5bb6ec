//! Requests whose end can be read in two ways.

use super::honest::Target;
use crate::support::review;

/// Each has a second request behind what one of two readers takes for the end of the first.
#[test]
fn a_request_with_two_ends_gets_one_answer() {
    let target = Target::start();
    let review = review::numbered("01").to_string();
    let length = review.len();
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    let chunk = format!("{length:x}\r\n{review}\r\n0\r\n\r\n");
    let both = format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", chunk.len());
    let cases = [
        ("both lengths", both, chunk.clone()),
        (
            "both, the other way round",
            format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
            chunk.clone(),
        ),
        ("two lengths", format!("Content-Length: {length}\r\nContent-Length: 0\r\n"), review.clone()),
        ("two lengths in one", format!("Content-Length: {length}, 0\r\n"), review.clone()),
        ("a signed length", format!("Content-Length: +{length}\r\n"), review.clone()),
        ("a negative length", "Content-Length: -1\r\n".to_owned(), review.clone()),
        ("a hexadecimal length", format!("Content-Length: 0x{length:x}\r\n"), review.clone()),
        ("a blank before the colon", format!("Content-Length : {length}\r\n"), review.clone()),
        ("a folded line", format!("Content-Length:\r\n {length}\r\n"), review.clone()),
        ("chunked is not last", "Transfer-Encoding: chunked, identity\r\n".to_owned(), chunk.clone()),
        ("chunked misspelt", "Transfer-Encoding: xchunked\r\n".to_owned(), chunk.clone()),
        ("chunked behind a tab", "Transfer-Encoding:\x0bchunked\r\n".to_owned(), chunk.clone()),
        (
            "a bare line feed",
            format!("Content-Length: {length}\nTransfer-Encoding: chunked\r\n"),
            chunk.clone(),
        ),
        (
            "a chunk beyond 64 bits",
            "Transfer-Encoding: chunked\r\n".to_owned(),
            format!("1{length:016x}\r\n{review}\r\n0\r\n\r\n"),
        ),
        ("a signed chunk", "Transfer-Encoding: chunked\r\n".to_owned(), format!("+{chunk}")),
        (
            "a chunk without its end",
            "Transfer-Encoding: chunked\r\n".to_owned(),
            format!("{length:x}\r\n{review}0\r\n\r\n"),
        ),
    ];
    for (what, header, body) in cases {
        let mut connection = target.open().unwrap();
        let first = format!("POST /validate HTTP/1.1\r\nHost: a\r\n{header}\r\n{body}");
        connection.send(format!("{first}{smuggled}").as_bytes());
        let answer = connection.answer();
        println!("{what}: {:?}", answer.as_ref().map(|answer| answer.status));
        match answer.map(|answer| answer.status) {
            Ok(400) | Err(_) => assert!(connection.is_closed(), "{what}: what follows is not read"),
            Ok(200) => assert!(connection.is_closed(), "{what}: a second answer"),
            Ok(status) => panic!("{what}: {status}"),
        }
    }
}
