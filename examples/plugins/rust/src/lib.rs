//! Says to the server which proxy the request came through, counts requests, and turns away who is on no list.
mod handler;
use handler::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Stays while the options are the same. Each instance has its own, and there are as many as requests at one time.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// The text of an option in the JSON that the host gives. Enough for an example: real plugins bring a parser.
fn option(name: &str) -> Option<String> {
    let config = config();
    let start = config.find(&format!("\"{}\":\"", name))? + name.len() + 4;
    let length = config[start..].find('"')?;
    Some(config[start..start + length].to_owned())
}

/// The tenants that may come, as `tenants: "a,b"` says; everybody where it says nothing.
fn may_come(tenant: Option<&String>) -> bool {
    match option("tenants") {
        None => true,
        Some(all) => tenant.map_or(false, |tenant| all.split(',').any(|one| one == tenant)),
    }
}

#[no_mangle]
pub extern "C" fn handle_request() -> u64 {
    let tenants = values(REQUEST, "X-Tenant");
    if !may_come(tenants.first()) {
        log(1, "a tenant that is on no list");
        set(RESPONSE, "Content-Type", "text/plain; charset=utf-8");
        replace_status(403);
        write(RESPONSE, b"who are you?\n");
        return DONE;
    }
    set(REQUEST, "X-Stamped-By", &option("via").unwrap_or_else(|| "signalbox".to_owned()));
    set(RESPONSE, "X-Count", &(COUNT.fetch_add(1, Ordering::Relaxed) + 1).to_string());
    NEXT
}

#[no_mangle]
pub extern "C" fn handle_response(_context: u32, _is_error: u32) {}
