// The plugin of `capnp compile -o capnpc-bridgework-catalogue`, run once over all message schemas: the catalogue and its page.

#include "messages/compiler/generate.hpp"
#include "messages/compiler/request.hpp"

int main() {
  using namespace bridgework::message_compiler;
  with_request([](capnp::schema::CodeGeneratorRequest::Reader request) {
    const Model model = read_model(request);
    write_file("messages/catalogue.hpp", catalogue_header());
    write_file("messages/catalogue.cpp", catalogue_source(model));
    write_file("messages/catalogue_schema.hpp", catalogue_schema_header());
    write_file("messages/catalogue_schema.cpp", catalogue_schema_source(model));
    write_file("messages/catalogue_codec.hpp", catalogue_codec_header());
    write_file("messages/catalogue_codec.cpp", catalogue_codec_source(model));
    write_file("messages/CATALOGUE.md", catalogue_page(model));
  });
}
