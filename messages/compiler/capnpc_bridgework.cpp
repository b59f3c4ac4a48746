// The plugin of `capnp compile -o capnpc-bridgework`: values and codecs of each requested file.

#include "messages/compiler/generate.hpp"
#include "messages/compiler/request.hpp"

int main() {
  using namespace bridgework::message_compiler;
  with_request([](capnp::schema::CodeGeneratorRequest::Reader request) {
    const Model model = read_model(request);
    for (const Requested& requested : model.requested) {
      const File& file = model.file(requested.file);
      write_file(requested.output + ".values.hpp", values_header(model, file));
      write_file(requested.output + ".codec.hpp", codec_header(model, file));
      write_file(requested.output + ".wire.hpp", codec_wire_header(model, file));
      write_file(requested.output + ".codec.cpp", codec_source(model, file));
    }
  });
}
