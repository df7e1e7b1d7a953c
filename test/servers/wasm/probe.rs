//! Does what the path says, so that two hosts can be compared call by call.
#![crate_type = "cdylib"]
#[path = "../../../examples/plugins/rust/src/handler.rs"]
mod handler;
use handler::*;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

fn answer(text: &str) -> u64 {
    write(RESPONSE, text.as_bytes());
    DONE
}

/// Everything that there is to read of a request.
fn told() -> String {
    let mut text = format!("{} {} {}\n{}\n", method(), uri(), version(), config());
    for name in names(REQUEST) {
        if name != "host" && !name.starts_with("x-") {
            continue;
        }
        text += &format!("{}: {}\n", name, values(REQUEST, &name).join(" | "));
    }
    text
}

#[no_mangle]
pub extern "C" fn handle_request() -> u64 {
    let uri = uri();
    let path = uri.split('?').next().unwrap_or("");
    match path {
        "/tell" => return answer(&told()),
        "/source" => return answer(&source()),
        "/env" => return answer(&std::env::vars().map(|(name, value)| format!("{}={}\n", name, value)).collect::<String>()),
        "/args" => return answer(&std::env::args().collect::<Vec<_>>().join(" ")),
        "/file" => {
            let name = uri.split('?').nth(1).unwrap_or("");
            return answer(&std::fs::read_to_string(name).unwrap_or_else(|error| format!("{:?}", error.kind())));
        }
        "/write-file" => {
            let name = uri.split('?').nth(1).unwrap_or("");
            return answer(&std::fs::write(name, "written").map_or_else(|error| format!("{:?}", error.kind()), |_| "written".into()));
        }
        "/log" => {
            for level in -1..=3 {
                log(level, &format!("level {}, {}", level, is_logged(level)));
            }
            println!("to standard output");
            eprintln!("to standard error");
            return answer("logged");
        }
        "/redirect" => {
            set(RESPONSE, "Location", "https://other.example/");
            replace_status(302);
            return DONE;
        }
        "/loop" => loop {
            std::hint::spin_loop();
        },
        "/sleep" => {
            std::thread::sleep(std::time::Duration::from_millis(5));
            return answer("slept");
        }
        "/count" => return answer(&format!("{}", COUNT.fetch_add(1, Ordering::Relaxed) + 1)),
        "/teapot" => {
            set(RESPONSE, "X-Before", "1");
            replace_status(418);
            set(RESPONSE, "X-After", "1");
            write(RESPONSE, b"one ");
            write(RESPONSE, b"two");
            return DONE;
        }
        "/nothing" => return DONE,
        "/only-status" => {
            replace_status(204);
            return DONE;
        }
        "/status-unbuffered" => return answer(&format!("{}", status())),
        "/status-buffered" => {
            features(BUFFER_RESPONSE);
            return answer(&format!("{}", status()));
        }
        "/features" => return answer(&format!("{} {}", features(4), features(1))),
        "/teapot-buffered" => {
            features(BUFFER_RESPONSE);
            replace_status(418);
            set(RESPONSE, "X-After", "1");
            write(RESPONSE, b"one ");
            write(RESPONSE, b"two");
            return DONE;
        }
        "/committed-then-next" => {
            replace_status(418);
            write(RESPONSE, b"before ");
            return NEXT;
        }
        "/edit" => {
            set(REQUEST, "X-Guest", "set");
            add(REQUEST, "X-Guest", "added");
            remove(REQUEST, "X-Remove");
            set(REQUEST, "x-a", "replaced");
            set(RESPONSE, "X-Early", "1");
            set(RESPONSE, "X-Origin", "of the guest");
            return NEXT;
        }
        "/host" => {
            set(REQUEST, "Host", "changed.example");
            return answer(&format!("{:?} {:?}", names(REQUEST).iter().filter(|name| *name == "host").count(), values(REQUEST, "Host")));
        }
        "/host-on" => {
            set(REQUEST, "Host", "changed.example");
            return NEXT;
        }
        "/uri" => {
            replace_uri("/other%2Fpath?x=1%202");
            return NEXT;
        }
        "/uri-empty" => {
            replace_uri("");
            return NEXT;
        }
        "/uri-bad" => {
            replace_uri("no slash");
            return NEXT;
        }
        "/uri-escape" => {
            replace_uri("/%zz");
            return NEXT;
        }
        "/uri-space" => {
            replace_uri("/a b/\u{e9}?q=a b");
            return NEXT;
        }
        "/uri-absolute" => {
            replace_uri("http://other.example/abs?x");
            return NEXT;
        }
        "/uri-then" => {
            replace_uri("/other path?");
            return answer(&handler::uri());
        }
        "/method" => {
            replace_method("PUT");
            return NEXT;
        }
        "/method-bad" => {
            replace_method("NO GOOD");
            return NEXT;
        }
        "/method-empty" => {
            replace_method("");
            return NEXT;
        }
        "/name-bad" => {
            set(REQUEST, "X Bad", "1");
            return NEXT;
        }
        "/value-bad" => {
            set(REQUEST, "X-Bad", "a\r\nX-Injected: 1");
            return NEXT;
        }
        "/response-value-bad" => {
            set(RESPONSE, "X-Bad", "a\r\nX-Injected: 1");
            return answer("x");
        }
        "/response-name-bad" => {
            set(RESPONSE, "X Bad", "1");
            return answer("x");
        }
        "/status-bad" => {
            replace_status(42);
            return DONE;
        }
        "/kind-bad" => {
            set(7, "X", "1");
            return NEXT;
        }
        "/name-empty" => {
            set(REQUEST, "", "1");
            return NEXT;
        }
        "/read" => {
            let content = content(REQUEST);
            return answer(&format!("{} {}", content.len(), String::from_utf8_lossy(&content[..content.len().min(20)])));
        }
        "/read-on" => {
            content(REQUEST);
            return NEXT;
        }
        "/read-buffered-on" => {
            features(BUFFER_REQUEST);
            content(REQUEST);
            return NEXT;
        }
        "/write-request" => {
            write(REQUEST, b"of the ");
            write(REQUEST, b"guest");
            return NEXT;
        }
        "/rewrite-request" => {
            features(BUFFER_REQUEST);
            let upper = String::from_utf8_lossy(&content(REQUEST)).to_uppercase();
            write(REQUEST, upper.as_bytes());
            return NEXT;
        }
        "/trap" => panic!("as told"),
        "/trap-committed" => {
            replace_status(418);
            write(RESPONSE, b"before ");
            panic!("as told");
        }
        "/exit" => std::process::exit(3),
        "/next-ctx" => return NEXT | (77 << 32),
        "/late" | "/late-error" => {
            features(BUFFER_RESPONSE | BUFFER_REQUEST);
            set(RESPONSE, "X-Early", "1");
            return NEXT;
        }
        _ if path.starts_with("/late-") => {
            features(BUFFER_RESPONSE);
            return NEXT;
        }
        _ => return NEXT,
    }
}

#[no_mangle]
pub extern "C" fn handle_response(context: u32, is_error: u32) {
    let uri = uri();
    match uri.split('?').next().unwrap_or("") {
        "/next-ctx" => log(0, &format!("context {}", context)),
        "/after-set" => set(RESPONSE, "X-Late", "1"),
        "/after-read" => {
            content(RESPONSE);
        }
        "/after-status" => {
            status();
        }
        "/after-request" => set(REQUEST, "X", "1"),
        "/after-trap" => panic!("as told"),
        "/late" => {
            let content = content(RESPONSE);
            set(RESPONSE, "X-Late", &format!("{} {} {:?}", status(), content.len(), values(RESPONSE, "X-Origin")));
            add(RESPONSE, "X-Origin", "late");
            remove(RESPONSE, "X-Remove");
            remove(RESPONSE, "Content-Length");
            replace_status(203);
            write(RESPONSE, String::from_utf8_lossy(&content).to_uppercase().as_bytes());
            write(RESPONSE, b"!");
        }
        "/late-read" => {
            let text = String::from_utf8_lossy(&content(RESPONSE)).into_owned();
            set(RESPONSE, "X-Late", &format!("{} {}", status(), text.len()));
        }
        "/late-status" => replace_status(202),
        "/late-empty" => {
            remove(RESPONSE, "Content-Length");
            write(RESPONSE, b"");
        }
        "/late-length" => write(RESPONSE, b"a longer content than that which it had"),
        "/late-trap" => panic!("as told"),
        "/late-names" => {
            let names = names(RESPONSE).into_iter().filter(|name| name.starts_with("x-")).collect::<Vec<_>>().join(" ");
            set(RESPONSE, "X-Names", &names);
        }
        "/late-error" => set(RESPONSE, "X-Error", &format!("{}", is_error)),
        _ => {}
    }
}
