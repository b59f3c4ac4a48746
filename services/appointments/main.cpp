#include "appointments/model.hpp"
#include "appointments/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/serve.hpp"

int main(int argc, char** argv) { return bridgework::runtime::serve<bridgework::appointments::Model>(argc, argv); }
