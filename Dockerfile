# The app, as Spaces run it: user 1000, port 7860. See "Hosting" in README.md.
# Our tests run these commands in an empty environment but do not build the image: there is no
# Docker where they run.
ARG PYTHON=3.11

# What pip leaves behind, its cache and the build tools, stays in this stage.
FROM python:${PYTHON}-slim AS packages
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
# With PyTorch's index of CPU builds (or of the CUDA build you want) in PIP_EXTRA_INDEX_URL, pip
# takes that build; without, the large CUDA build that PyPI has.
ARG PIP_EXTRA_INDEX_URL=
WORKDIR /packages
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir --constraint constraints.txt --requirement requirements.txt

FROM python:${PYTHON}-slim
RUN useradd --create-home --uid 1000 user \
 && install --directory --owner=user /home/user/.cache /home/user/.local/share/taskarith
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
# `user`, by its number: hosts that let no root in cannot look a name up.
USER 1000
WORKDIR /home/user/app
COPY --chown=user app.py ./
COPY --chown=user taskarith taskarith
COPY --chown=user assets assets

# Measured answers and fetched models, and the suites that are made here.
VOLUME ["/home/user/.cache", "/home/user/.local/share/taskarith"]

# For visitors. Yours alone: --env TASKARITH_ACCESS=owner --env TASKARITH_ALLOW_HOST=NAME.
ENV GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860 TASKARITH_ACCESS=public
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
  "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/', timeout=4)"]
CMD ["python", "app.py"]
