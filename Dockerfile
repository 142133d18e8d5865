# The app on a CPU, as Spaces run it: user 1000, port 7860. See "Hosting" in README.md.
# Our tests do not build this image (there is no Docker where they run).
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 user
USER user
WORKDIR /home/user/app

# With --build-arg PIP_EXTRA_INDEX_URL=… pip takes PyTorch's much smaller CPU build.
ARG PIP_EXTRA_INDEX_URL=
COPY --chown=user requirements.txt constraints.txt ./
RUN pip install --user --no-cache-dir --constraint constraints.txt --requirement requirements.txt

COPY --chown=user app.py ./
COPY --chown=user taskarith taskarith
COPY --chown=user assets assets

# For visitors. Yours alone: --env TASKARITH_ACCESS=owner --env TASKARITH_ALLOW_HOST=NAME.
ENV GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860 TASKARITH_ACCESS=public
EXPOSE 7860
CMD ["python", "app.py"]
