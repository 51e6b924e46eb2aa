"""What lies in the demo library: invented models of every kind, with what their sidecars and headers say.

Read by build.py alone. Plain data: no name here belongs to a real model or person.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

Settings = tuple[str, int, float, int, int]  # sampler, steps, CFG, width, height


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the demo library.

    path: below models/. table: a name tables.py knows. dtype: safetensors, torch or GGML spelling. megabytes: size to reach where the
    disk keeps holes. words: trigger words. art: motif and palette. pictures: preview suffixes, "cover" for one inside the header.
    papers: sidecar dialects of papers.py. header: kohya, modelspec, both or "".
    """

    path: str
    table: str
    title: str
    base: str
    about: str = ""
    author: str = ""
    version: str = "v1.0"
    dtype: str = "F16"
    megabytes: int = 40
    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    art: tuple[str, str] = ("", "")
    pictures: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    header: str = ""
    settings: Settings | None = None


SDXL, SD1, PONY, ILLUSTRIOUS = "SDXL 1.0", "SD 1.5", "Pony", "Illustrious"
FLUX = "Flux.1 D"

# Three lines a model: path | table | dtype megabytes | motif palette | pictures | papers | header
#                      title | version | base model | author | trigger words | tags
#                      recommended sampler, steps, CFG, size | about
_LINES: Final = """
checkpoints/sdxl/amber-fields-xl-v4.safetensors | sdxl | F16 70 | hills amber | .preview.png | info md civitai | modelspec
  Amber Fields XL | v4 | SDXL 1.0 | fieldnotes | golden hour | base model, landscape, photo, light
  DPM++ 2M SDE Karras, 30, 5.0, 832x1216 | Warm, natural light and quiet landscapes. Needs no quality words.
checkpoints/sdxl/paper-theatre-xl.safetensors | sdxl | F16 68 | waves dusk | .png | cm_info |
  Paper Theatre XL | v2.1 | SDXL 1.0 | nightkiln | paper theatre, layered paper | base model, illustration, craft
  Euler a, 28, 6.0, 1024x1024 | Cut-paper scenes with real shadows between the layers.
checkpoints/sdxl/pocket-comet-lightning.safetensors | sdxl | F16 64 | space violet | .preview.webp | lora_manager |
  Pocket Comet Lightning | 4-step | SDXL Lightning | tenfold |  | base model, fast
  Euler, 4, 1.5, 1024x1024 | Four steps are enough.
checkpoints/pony/bramble-pony-v3.safetensors | sdxl | F16 67 | leaves forest | .preview.png | civitai webui |
  Bramble Pony | v3 | Pony | mossgate | score_9, score_8_up | base model, storybook, animals
  Euler a, 25, 7.0, 832x1216 | A storybook look for hedgerow creatures.
checkpoints/illustrious/lacquer-illustrious.safetensors | sdxl | F16 66 | tiles rose | .webp | info |
  Lacquer | v0.9 | Illustrious | urushi-lab | masterpiece, lacquer style | base model, anime, line art
  Euler a, 26, 5.5, 896x1152 | Glossy line art with flat, rich colour.
checkpoints/sd15/old-harbour-v6.safetensors | sd15 | F16 54 | sea sea | .jpg | webui text |
  Old Harbour | v6 | SD 1.5 | fieldnotes |  | base model, photo, sea
  DPM++ 2M Karras, 25, 7.0, 512x768 | The first of its line, still good for fog and rope.
checkpoints/sd15/clay-rooms-inpainting.safetensors | sd15_inpaint | F16 50 | arches clay | .preview.png | civitai |
  Clay Rooms Inpainting | v1.0 | SD 1.5 | nightkiln |  | inpainting, interior
   | For filling in walls, floors and furniture.
checkpoints/sd15/linen-1-4.ckpt | sd15 | F16 0 |   |  |  |
  Linen 1.4 | v1.0 | SD 1.5 |  |  | base model
   | An old checkpoint in the pickle format.
checkpoints/sd21/north-window-768.safetensors | sd21 | F16 43 | spheres ice | .preview.png |  | modelspec
  North Window 768 | v1.0 | SD 2.1 768 | tenfold |  |
   | Cool daylight portraits of objects.
checkpoints/flux/quarry-flux-fp8.safetensors | flux_checkpoint | F8_E4M3 71 | facets clay | .preview.png | info md |
  Quarry Flux | fp8 | Flux.1 D | basalt |  | base model, photo, stone
  Euler, 20, 1.0, 1024x1024 | All in one file: model, text encoders and VAE.
checkpoints/sd35/tide-table-3-5-medium.safetensors | sd35_checkpoint | F16 43 | waves sea | .preview.webp | cm_info | modelspec
  Tide Table | v1.0 | SD 3.5 Medium | mossgate |  |
  DPM++ 2M, 32, 4.5, 1024x1024 | Water in all weathers.
diffusion_models/flux/lantern-dev-fp8.safetensors | flux_dev | F8_E4M3 71 | city amber | .preview.png | lora_manager md |
  Lantern Dev | fp8 | Flux.1 D | lamplighter |  | base model, night
  Euler, 24, 3.5, 896x1152 | Evening light, distilled guidance.
diffusion_models/flux/lantern-schnell.safetensors | flux_schnell | BF16 64 | city violet | .preview.webp | info |
  Lantern Schnell | v1.0 | Flux.1 S | lamplighter |  | base model, fast
   | The quick sister of Lantern Dev.
diffusion_models/gguf/lantern-dev-Q4_K.gguf | flux_dev | Q4_K 43 | city sea | .preview.png |  |
  Lantern Dev Q4_K | v1.0 | Flux.1 D | lamplighter |  |
   | For cards with 8 GB.
diffusion_models/gguf/drift-wan-low-Q8_0.gguf | wan22_t2v | Q8_0 39 |   |  |  |
  Drift Q8_0 | v1.0 | Wan Video 2.2 T2V-A14B | slowriver |  |
   |
diffusion_models/wan/drift-wan2.2-t2v-high-noise-14B.safetensors | wan22_t2v | F8_E4M3 72 | sea dusk | .anim.webp | info |
  Drift (high noise) | high | Wan Video 2.2 T2V-A14B | slowriver |  | video
   | First half of the pair: movement and layout.
diffusion_models/wan/drift-wan2.2-t2v-low-noise-14B.safetensors | wan22_t2v | F8_E4M3 72 | sea violet | .preview.png | info |
  Drift (low noise) | low | Wan Video 2.2 T2V-A14B | slowriver |  | video
   | Second half of the pair: detail.
diffusion_models/wan/stillness-wan2.2-i2v-high-noise-14B.safetensors | wan22_i2v | F8_E4M3 70 | hills ice | .gif |  |
  Stillness (picture to video) | high | Wan Video 2.2 I2V-A14B | slowriver |  | video
   | Starts from your picture.
diffusion_models/qwen/ledger-image-fp8.safetensors | qwen_image | F8_E4M3 71 | tiles mono | .preview.png | civitai |
  Ledger Image | fp8 | Qwen | typecase |  | base model, text
   | Sets readable text into pictures.
diffusion_models/z/paper-crane-turbo.safetensors | z_image | BF16 57 | waves mint | .jpg | lora_manager |
  Paper Crane Turbo | v1.0 | ZImageTurbo | typecase |  | base model, fast
   | Eight steps.
loras/style/ink-wash-v3.safetensors | lora_sdxl_32 | F16 61 | ink mono | .preview.png | info md civitai | both
  Ink Wash | v3 | SDXL 1.0 | stonebrush | ink wash, sumi painting | style, ink, painting, landscape
   | Wet brush, dry paper, much left white. Weight 0.7 to 0.9.
loras/style/ink-wash-v3.colour.safetensors | lora_sdxl_16 | F16 31 | ink rose | .preview.webp | info | kohya
  Ink Wash Colour | colour | SDXL 1.0 | stonebrush | ink wash, mineral pigment | style, ink
   | The same hand, with pigment.
loras/style/film-grain-35mm.safetensors | lora_sdxl_8 | F16 16 | sea mono | .jpg | civitai webui | kohya
  Film Grain 35 mm | v1.0 | SDXL 1.0 | tenfold | 35mm film | style, photo, film
   | Grain, halation and a little dust.
loras/style/gouache-garden.safetensors | lora_sdxl_32 | F16 57 | leaves mint | cover |  | both
  Gouache Garden | v1.0 | SDXL 1.0 | mossgate | gouache, garden study | style, painting, plants
   | Flat, chalky colour for plants and pots.
loras/style/stained-glass.safetensors | loha_sdxl_8 | F16 21 | facets neon | .preview.png | cm_info | kohya
  Stained Glass | v1.0 | SDXL 1.0 | leadlight | stained glass | style, glass
   | Lead lines and light from behind.
loras/style/poster-shapes.safetensors | lora_sdxl_4 | F16 8 | tiles sun | .preview.png | lora_manager | kohya
  Poster Shapes | v1.0 | SDXL 1.0 | typecase | poster shapes | style, poster, graphic design
   | Big forms, three inks.
loras/style/pixel-meadow.safetensors | lora_sd1_32 | F16 12 | hills forest | .gif | webui text | kohya
  Pixel Meadow | v1.0 | SD 1.5 | mossgate | pixel art, meadow | style, pixel art, game
   | Small sprites on grass.
loras/style/copper-etching.safetensors | lora_sd1_16 | F16 6 | arches mono | .png | description | kohya
  Copper Etching | v1.0 | SD 1.5 | stonebrush | etching | style, print, line art
   | Cross-hatching and plate tone.
loras/style/neon-rain.safetensors | lora_flux_16 | F16 54 | city neon | .preview.png | info civitai | kohya
  Neon Rain | v1.0 | Flux.1 D | lamplighter | neon rain | style, city, night
   | Wet streets, signs without words.
loras/style/risograph.safetensors | lora_flux_peft_8 | F16 26 | waves rose | .preview.webp | lora_manager | modelspec
  Risograph Two-Tone | v1.0 | Flux.1 D | typecase | riso print | style, print
   | Two drums, slightly out of register.
loras/concept/studio-light.safetensors | lora_flux_16 | F16 59 | spheres clay | .preview.png .png | info md | kohya
  Studio Light | v2 | Flux.1 D | tenfold | studio light, rim light | concept, light, photo, product
   | One soft key, one rim. Say where the light stands.
loras/concept/tiny-worlds.safetensors | lora_sdxl_16 | F16 33 | spheres mint | .preview.png | civitai | kohya
  Tiny Worlds | v1.0 | SDXL 1.0 | nightkiln | tiny world, tilt shift | concept, miniature
   | Everything on a table top.
loras/concept/weather-slider.safetensors | lora_sdxl_4 | F16 7 | waves ice | .preview.png | webui | kohya
  Weather Slider | v1.0 | SDXL 1.0 | mossgate |  | slider, weather
   | From -3 (clear) to 3 (storm). No trigger word.
loras/concept/glass-fox.safetensors | lora_sdxl_16 | F16 32 | facets ice | .preview.webp | civitai md | kohya
  Glass Fox | v2.0 | SDXL 1.0 | leadlight | glass fox, translucent fur | character, animals, glass
   | A small fox of clear glass.
loras/concept/lighthouse-keeper.safetensors | lora_sd1_8 | F16 4 | sea amber | .jpeg | info_full | kohya
  Lighthouse Keeper | v1.0 | SD 1.5 | fieldnotes | lighthouse keeper | character, sea
   | A figure in oilskins, seen from behind.
loras/concept/moon-market.safetensors | lora_sdxl_32 | F16 60 | space dusk | .preview.png | info | kohya
  Moon Market | v1.0 | Illustrious | urushi-lab | moon market | concept, anime, night
   | Stalls, paper lamps, many cats.
loras/concept/bramble-cottages.safetensors | lora_sdxl_16 | F16 30 | hills mint | .png | cm_info | kohya
  Bramble Cottages | v1.0 | Pony | mossgate | bramble cottage | concept, architecture
   | Roofs of straw, gardens gone wild.
loras/video/slow-orbit-high.safetensors | lora_wan_16 | F16 54 | space amber | .anim.webp | info |
  Slow Orbit (high noise) | v1.0 | Wan Video 2.2 T2V-A14B | slowriver | slow orbit | video, camera
   | The camera circles once.
loras/video/slow-orbit-low.safetensors | lora_wan_16 | F16 54 | space sea | .preview.png | info |
  Slow Orbit (low noise) | v1.0 | Wan Video 2.2 T2V-A14B | slowriver | slow orbit | video, camera
   | Use both files together.
loras/qwen/ledger-handwriting.safetensors | lora_qwen_8 | F16 43 | tiles clay | .preview.png | lora_manager md |
  Ledger Handwriting | v1.0 | Qwen | typecase | ledger handwriting | style, text
   | A clerk's hand, blue-black ink.
loras/z/quiet-harbour.safetensors | lora_z_image_16 | F16 21 | sea mint | .preview.png | info | modelspec
  Quiet Harbour | v1.0 | ZImageTurbo | fieldnotes | quiet harbour | concept, sea
   | Boats, no wind.
loras/unsorted/new-lora-000012.safetensors | lora_sdxl_8 | F16 15 |   |  |  | kohya
  new-lora-000012 | v1.0 | SDXL 1.0 |  |  |
   |
loras/unsorted/test final (2).safetensors | lora_sd1_4 | F16 3 |   |  |  | kohya
  test final (2) | v1.0 | SD 1.5 |  |  |
   |
vae/clear-water.vae.safetensors | vae | F16 57 | flower ice | .preview.png | civitai |
  Clear Water VAE | v1.0 | SDXL 1.0 | tenfold |  |
   | Less banding in skies.
vae/lantern-ae.safetensors | vae_flux | BF16 57 |   |  |  |
  Lantern AE | v1.0 | Flux.1 D | lamplighter |  |
   | Goes with every Flux.1 model.
vae/drift-wan-vae.safetensors | vae_wan | BF16 43 |   |  |  |
  Drift VAE | v1.0 | Wan Video 2.2 T2V-A14B | slowriver |  |
   |
text_encoders/clip_l.safetensors | clip_l | F16 71 |   |  |  |
  CLIP-L | v1.0 |  |  |  |
   |
text_encoders/clip_g.safetensors | clip_g | F16 70 |   |  |  |
  CLIP-G | v1.0 |  |  |  |
   |
text_encoders/t5xxl_fp8_e4m3fn.safetensors | t5 | F8_E4M3 71 |   |  |  |
  T5-XXL fp8 | v1.0 |  |  |  |
   |
text_encoders/qwen_2.5_vl_7b_fp8.safetensors | qwen25_vl | F8_E4M3 68 |   |  |  |
  Qwen2.5-VL 7B | v1.0 | Qwen |  |  |
   |
clip_vision/clip-vision-h.safetensors | clip_vision_h | F16 68 |   |  |  |
  CLIP Vision H | v1.0 |  |  |  |
   |
controlnet/harbour-depth-sd15.safetensors | control_sd15 | F16 54 | waves mono | .preview.png | civitai |
  Harbour Depth | v1.0 | SD 1.5 | basalt |  | controlnet, depth
   | Depth maps, near is white.
controlnet/scribble-xl.safetensors | control_sdxl | F16 64 | ink ice | .png | info |
  Scribble XL | v1.0 | SDXL 1.0 | basalt |  | controlnet, scribble
   | Rough lines are enough.
controlnet/union-flux.safetensors | control_flux | BF16 54 | tiles ice | .preview.webp |  |
  Union Flux | v1.0 | Flux.1 D | basalt |  | controlnet
   | Canny, depth, pose and blur in one.
upscale_models/4x-crisp-leaf.pth | esrgan | F32 0 | leaves amber | .preview.png | md |
  4x Crisp Leaf | v1.0 |  | tenfold |  | upscaler
   | For photos of plants and stone.
upscale_models/4x-quick-pencil.pth | compact | F16 0 | facets mono | .jpg |  |
  4x Quick Pencil | v1.0 |  | stonebrush |  | upscaler
   | Small and fast, for drawings.
embeddings/soft-focus.safetensors | embedding_sd1 | F32 0 | flower rose | .preview.png | civitai |
  Soft Focus | v1.0 | SD 1.5 | tenfold | soft-focus |
   |
embeddings/xl-tidy-hands.safetensors | embedding_sdxl | F32 0 | flower violet | .preview.webp | info |
  Tidy Hands XL | v1.0 | SDXL 1.0 | mossgate | xl-tidy-hands |
   | A negative embedding.
hypernetworks/driftwood.pt | hypernetwork | F32 0 | arches forest | .preview.png |  |
  Driftwood | v1.0 | SD 1.5 | fieldnotes |  |
   | From the early days.
style_models/borrowed-palette-redux.safetensors | redux | BF16 130 | spheres sun | .preview.png |  |
  Borrowed Palette | v1.0 | Flux.1 D | lamplighter |  |
   | Takes the mood of a picture, not its content.
vae_approx/taesd_decoder.safetensors | taesd | F32 0 |   |  |  |
  TAESD decoder | v1.0 | SD 1.5 |  |  |
   |
ipadapter/echo-adapter-sd15.safetensors | ip_adapter | F16 14 | spheres violet | .preview.png | info |
  Echo Adapter | v1.0 | SD 1.5 | basalt |  |
   | Makes the next picture like the last.
animatediff_models/slow-breath-v3.safetensors | motion | F16 21 | waves violet | .gif |  |
  Slow Breath | v1.0 | SD 1.5 | slowriver |  |
   | A calm motion module.
ultralytics/bbox/cat-face-v8n.pt | yolo | F16 0 |   |  |  |
  Cat Face Detector | v1.0 |  | nightkiln |  |
   | Finds cat faces.
sams/outline-b.pth | sam | F16 0 |   |  |  |
  Outline B | v1.0 |  | nightkiln |  |
   | Cuts things out.
insightface/models/round/detector.onnx | onnx | F16 0 |   |  |  |
  Round detector | v1.0 |  |  |  |
   |
"""


def _models(lines: list[str]) -> Iterator[Model]:
    for first, second, third in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        path, table, data, art, pictures, papers, header = _cells(first, 7)
        title, version, base, author, words, tags = _cells(second, 6)
        settings, about = _cells(third, 2)
        dtype, megabytes = data.split()
        motif, _, palette = art.partition(" ")
        yield Model(
            *(path, table, title, base, about, author, version, dtype, int(megabytes), _words(words), _words(tags), (motif, palette)),
            *(tuple(pictures.split()), tuple(papers.split()), header, _settings(settings)),
        )


def _cells(line: str, count: int) -> list[str]:
    cells = [cell.strip() for cell in line.split("|")]
    return cells + [""] * (count - len(cells))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(", ")) if text else ()


def _settings(text: str) -> Settings | None:
    if not text:
        return None
    sampler, steps, scale, size = text.split(", ")
    width, height = size.split("x")
    return sampler, int(steps), float(scale), int(width), int(height)


MODELS: Final = tuple(_models(_LINES.strip("\n").split("\n")))
