#pragma once
// The two ends of every tool here: the request on standard input, files below the working directory.

#include <functional>
#include <string>

#include "messages/compiler/model.hpp"

namespace bridgework::message_compiler {

/// Reads what `capnp compile` sends to a plugin and hands it on; the request lives during the call.
void with_request(const std::function<void(capnp::schema::CodeGeneratorRequest::Reader)>& use);

/// Writes a file and the folders it stands in; leaves it untouched when it holds the text already, so that nothing is rebuilt.
void write_file(const std::string& path, const std::string& text);

}  // namespace bridgework::message_compiler
