//! The http-wasm handler ABI (https://http-wasm.io/http-handler-abi/) as a guest sees it.
#![allow(dead_code)]

/// What the host has. Texts are bytes at a place, of a length; what is read goes into a buffer of the guest.
#[link(wasm_import_module = "http_handler")]
extern "C" {
    fn enable_features(features: u32) -> u32;
    fn get_config(buf: *mut u8, limit: u32) -> u32;
    fn log_enabled(level: i32) -> u32;
    #[link_name = "log"]
    fn log_message(level: i32, message: *const u8, len: u32);
    fn get_method(buf: *mut u8, limit: u32) -> u32;
    fn set_method(method: *const u8, len: u32);
    fn get_uri(buf: *mut u8, limit: u32) -> u32;
    fn set_uri(uri: *const u8, len: u32);
    fn get_protocol_version(buf: *mut u8, limit: u32) -> u32;
    fn get_source_addr(buf: *mut u8, limit: u32) -> u32;
    fn get_header_names(kind: u32, buf: *mut u8, limit: u32) -> u64;
    fn get_header_values(kind: u32, name: *const u8, name_len: u32, buf: *mut u8, limit: u32) -> u64;
    fn set_header_value(kind: u32, name: *const u8, name_len: u32, value: *const u8, value_len: u32);
    fn add_header_value(kind: u32, name: *const u8, name_len: u32, value: *const u8, value_len: u32);
    fn remove_header(kind: u32, name: *const u8, name_len: u32);
    fn read_body(kind: u32, buf: *mut u8, limit: u32) -> u64;
    fn write_body(kind: u32, body: *const u8, len: u32);
    fn get_status_code() -> u32;
    fn set_status_code(status: u32);
}

pub const REQUEST: u32 = 0;
pub const RESPONSE: u32 = 1;
pub const BUFFER_REQUEST: u32 = 1;
pub const BUFFER_RESPONSE: u32 = 2;
/// Go on to the next handler.
pub const NEXT: u64 = 1;
/// The response is what the guest has set.
pub const DONE: u64 = 0;

/// A text of the host, in a buffer that grows until it fits.
fn text_of(read: impl Fn(*mut u8, u32) -> u32) -> String {
    let mut buf = vec![0u8; 64];
    loop {
        let len = read(buf.as_mut_ptr(), buf.len() as u32) as usize;
        if len <= buf.len() {
            buf.truncate(len);
            return String::from_utf8_lossy(&buf).into_owned();
        }
        buf.resize(len, 0);
    }
}

fn texts_of(read: impl Fn(*mut u8, u32) -> u64) -> Vec<String> {
    let mut buf = vec![0u8; 64];
    loop {
        let found = read(buf.as_mut_ptr(), buf.len() as u32);
        let (count, len) = ((found >> 32) as usize, found as u32 as usize);
        if len <= buf.len() {
            let texts = buf[..len].split(|byte| *byte == 0).take(count);
            return texts.map(|text| String::from_utf8_lossy(text).into_owned()).collect();
        }
        buf.resize(len, 0);
    }
}

pub fn features(bits: u32) -> u32 {
    unsafe { enable_features(bits) }
}
pub fn config() -> String {
    text_of(|buf, limit| unsafe { get_config(buf, limit) })
}
pub fn is_logged(level: i32) -> bool {
    unsafe { log_enabled(level) != 0 }
}
pub fn log(level: i32, message: &str) {
    unsafe { log_message(level, message.as_ptr(), message.len() as u32) }
}
pub fn method() -> String {
    text_of(|buf, limit| unsafe { get_method(buf, limit) })
}
pub fn replace_method(method: &str) {
    unsafe { set_method(method.as_ptr(), method.len() as u32) }
}
pub fn uri() -> String {
    text_of(|buf, limit| unsafe { get_uri(buf, limit) })
}
pub fn replace_uri(uri: &str) {
    unsafe { set_uri(uri.as_ptr(), uri.len() as u32) }
}
pub fn version() -> String {
    text_of(|buf, limit| unsafe { get_protocol_version(buf, limit) })
}
pub fn source() -> String {
    text_of(|buf, limit| unsafe { get_source_addr(buf, limit) })
}
pub fn names(kind: u32) -> Vec<String> {
    texts_of(|buf, limit| unsafe { get_header_names(kind, buf, limit) })
}
pub fn values(kind: u32, name: &str) -> Vec<String> {
    texts_of(|buf, limit| unsafe { get_header_values(kind, name.as_ptr(), name.len() as u32, buf, limit) })
}
pub fn set(kind: u32, name: &str, value: &str) {
    unsafe { set_header_value(kind, name.as_ptr(), name.len() as u32, value.as_ptr(), value.len() as u32) }
}
pub fn add(kind: u32, name: &str, value: &str) {
    unsafe { add_header_value(kind, name.as_ptr(), name.len() as u32, value.as_ptr(), value.len() as u32) }
}
pub fn remove(kind: u32, name: &str) {
    unsafe { remove_header(kind, name.as_ptr(), name.len() as u32) }
}
/// The rest of the content.
pub fn content(kind: u32) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buf = [0u8; 1000];
    loop {
        let read = unsafe { read_body(kind, buf.as_mut_ptr(), buf.len() as u32) };
        all.extend_from_slice(&buf[..read as u32 as usize]);
        if read >> 32 != 0 {
            return all;
        }
    }
}
pub fn write(kind: u32, content: &[u8]) {
    unsafe { write_body(kind, content.as_ptr(), content.len() as u32) }
}
pub fn status() -> u32 {
    unsafe { get_status_code() }
}
pub fn replace_status(status: u32) {
    unsafe { set_status_code(status) }
}
