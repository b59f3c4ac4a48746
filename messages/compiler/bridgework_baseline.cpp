// `capnp compile -o bridgework-baseline:messages/baseline`: makes the schemas of today those of a release. Refuses to, and changes
// nothing, when they break an earlier release.

#include <iostream>

#include "messages/compiler/nets.hpp"
#include "messages/compiler/request.hpp"

int main() {
  using namespace bridgework::message_compiler;
  int status = 0;
  with_request([&](capnp::schema::CodeGeneratorRequest::Reader request) {
    const Baseline previous = read_baseline(".");
    if (!previous.schemas.empty()) {
      for (const std::string& problem : find_breaks(previous, request)) {
        std::cerr << problem << '\n';
        status = 1;
      }
    }
    if (status == 0) write_baseline(".", make_baseline(request, previous));
  });
  return status;
}
