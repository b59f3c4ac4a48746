#pragma once
// The generators: from a model to the text of a file. None of them touches the disk.

#include <string>

#include "messages/compiler/model.hpp"

namespace bridgework::message_compiler {

/// `X.values.hpp`: plain value types, their enums and traits.
std::string values_header(const Model& model, const File& file);

/// `X.codec.hpp`: declarations of encode and decode.
std::string codec_header(const Model& model, const File& file);

/// `X.wire.hpp`: what other files' codecs need to read and write this file's structs; brings capnp.
std::string codec_wire_header(const Model& model, const File& file);

/// `X.codec.cpp`.
std::string codec_source(const Model& model, const File& file);

/// `messages/catalogue.*`, `catalogue_schema.*`, `catalogue_codec.*` and `CATALOGUE.md`, over all requested files.
std::string catalogue_header();
std::string catalogue_source(const Model& model);
std::string catalogue_schema_header();
std::string catalogue_schema_source(const Model& model);
std::string catalogue_codec_header();
std::string catalogue_codec_source(const Model& model);
std::string catalogue_page(const Model& model);

/// The C++ type of a field's value.
std::string cpp_type(const Model& model, const Field& field);

/// A struct or enum from anywhere: `::bridgework::messages::Channel`.
std::string qualified(const Model& model, std::uint64_t node);

/// Where a command's or query's reply stands when `$answers` does not say: every owner may answer so.
inline constexpr const char* kDone = "::bridgework::messages::Done";
inline constexpr const char* kDoneStem = "messages/lead_intake";

}  // namespace bridgework::message_compiler
