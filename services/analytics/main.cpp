#include "analytics/model.hpp"
#include "analytics/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/serve.hpp"

int main(int argc, char** argv) { return bridgework::runtime::serve<bridgework::analytics::Model>(argc, argv); }
