#pragma once
// One filled example of any message, and its text: golden bytes are made of them.

#include <capnp/dynamic.h>
#include <capnp/schema-loader.h>

#include <string>
#include <string_view>

#include "messages/compiler/model.hpp"

namespace bridgework::message_compiler {

/// The schemas of a request, for the dynamic API.
void load_schemas(capnp::SchemaLoader& loader, capnp::schema::CodeGeneratorRequest::Reader request);

/// Bytes of a message with every field set to a valid value that is not its default and is like no other field's of its struct.
/// The same schema gives the same bytes for ever.
std::string sample_bytes(const Model& model, const capnp::SchemaLoader& loader, const Struct& structure);

/// One line for each field that is not its default, `profile.contact_points[1].value = "…"`: fields that came later and are absent
/// do not show, so text of old bytes stays what it was. Throws kj::Exception at bytes that are no message.
std::string text_of_bytes(const Model& model, const capnp::SchemaLoader& loader, const Struct& structure, std::string_view bytes);

}  // namespace bridgework::message_compiler
