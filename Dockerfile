# One image for every part: `madoguchi api`, `madoguchi worker`, `madoguchi display`.
# Whether a part is well is asked in docker-compose.yml: each part has its own sign of life.
FROM python:3.11-slim AS build

ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PROJECT_ENVIRONMENT=/opt/madoguchi \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src

# The libraries first: they change seldom, and exactly as locked.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project

COPY . .
RUN uv sync --frozen --no-dev --no-editable


FROM python:3.11-slim

# The typeface of the screens, served to every one of them.
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-morisawa-bizud-gothic \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 madoguchi \
    && install -d -o madoguchi -m 755 /etc/madoguchi/users/engine \
    && install -d -o madoguchi -m 700 /var/lib/madoguchi \
        /etc/madoguchi/users/api /etc/madoguchi/users/worker \
        /etc/madoguchi/users/display /etc/madoguchi/users/ops
COPY --from=build /opt/madoguchi /opt/madoguchi
ENV PATH=/opt/madoguchi/bin:$PATH \
    PYTHONUNBUFFERED=1
USER 1000:1000
WORKDIR /home/madoguchi
ENTRYPOINT ["madoguchi"]
