// A guest whose language brings a runtime of its own: what that needs of WASI, and memory that is collected.
package main

import (
	"encoding/json"
	"os"
	"strings"
	"unsafe"
)

//go:wasmimport http_handler enable_features
func enableFeatures(features uint32) uint32

//go:wasmimport http_handler get_config
func getConfig(buf unsafe.Pointer, limit uint32) uint32

//go:wasmimport http_handler get_uri
func getURI(buf unsafe.Pointer, limit uint32) uint32

//go:wasmimport http_handler set_header_value
func setHeaderValue(kind uint32, name unsafe.Pointer, nameLen uint32, value unsafe.Pointer, valueLen uint32)

//go:wasmimport http_handler read_body
func readBody(kind uint32, buf unsafe.Pointer, limit uint32) uint64

//go:wasmimport http_handler write_body
func writeBody(kind uint32, buf unsafe.Pointer, length uint32)

const (
	request  = 0
	response = 1
)

var count int

func init() {
	enableFeatures(2)
}

func text(read func(unsafe.Pointer, uint32) uint32) string {
	buf := make([]byte, 4096)
	return string(buf[:read(unsafe.Pointer(&buf[0]), uint32(len(buf)))])
}

func pointer(value string) unsafe.Pointer {
	return unsafe.Pointer(unsafe.StringData(value))
}

func set(kind uint32, name, value string) {
	setHeaderValue(kind, pointer(name), uint32(len(name)), pointer(value), uint32(len(value)))
}

//go:wasmexport handle_request
func handleRequest() uint64 {
	var config map[string]any
	if err := json.Unmarshal([]byte(text(getConfig)), &config); err != nil {
		panic(err)
	}
	if strings.HasPrefix(text(getURI), "/env") {
		value := os.Getenv("TEAM")
		writeBody(response, pointer(value), uint32(len(value)))
		return 0
	}
	count++
	set(request, "X-Team", config["team"].(string))
	// Enough for its memory to be collected now and then.
	set(request, "X-Length", strings.Repeat("x", count%7+1))
	return 1
}

//go:wasmexport handle_response
func handleResponse(_ uint32, _ uint32) {
	var all []byte
	buf := make([]byte, 512)
	for {
		read := readBody(response, unsafe.Pointer(&buf[0]), uint32(len(buf)))
		all = append(all, buf[:uint32(read)]...)
		if read>>32 != 0 {
			break
		}
	}
	upper := strings.ToUpper(string(all))
	writeBody(response, pointer(upper), uint32(len(upper)))
}

func main() {}
