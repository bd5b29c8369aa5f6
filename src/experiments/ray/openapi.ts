/** Generated from openapi.json by `npm run ray:types`: what the Ray executor says to Ray's dashboard, and hears. */
export interface paths {
  '/api/jobs/': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    post: {
      parameters: {
        query?: never
        header?: never
        path?: never
        cookie?: never
      }
      requestBody: {
        content: {
          'application/json': components['schemas']['JobSubmitRequest']
        }
      }
      responses: {
        /** @description ok */
        200: {
          headers: {
            [name: string]: unknown
          }
          content: {
            'application/json': components['schemas']['JobSubmitResponse']
          }
        }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/jobs/{job_or_submission_id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get: {
      parameters: {
        query?: never
        header?: never
        path: {
          job_or_submission_id: string
        }
        cookie?: never
      }
      requestBody?: never
      responses: {
        /** @description ok */
        200: {
          headers: {
            [name: string]: unknown
          }
          content: {
            'application/json': components['schemas']['JobDetails']
          }
        }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/jobs/{job_or_submission_id}/logs': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get: {
      parameters: {
        query?: never
        header?: never
        path: {
          job_or_submission_id: string
        }
        cookie?: never
      }
      requestBody?: never
      responses: {
        /** @description ok */
        200: {
          headers: {
            [name: string]: unknown
          }
          content: {
            'application/json': components['schemas']['JobLogsResponse']
          }
        }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/jobs/{job_or_submission_id}/logs/tail': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get: {
      parameters: {
        query?: never
        header?: never
        path: {
          job_or_submission_id: string
        }
        cookie?: never
      }
      requestBody?: never
      responses: {
        /** @description ok */
        200: {
          headers: {
            [name: string]: unknown
          }
          content?: never
        }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/jobs/{job_or_submission_id}/stop': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    post: {
      parameters: {
        query?: never
        header?: never
        path: {
          job_or_submission_id: string
        }
        cookie?: never
      }
      requestBody?: never
      responses: {
        /** @description ok */
        200: {
          headers: {
            [name: string]: unknown
          }
          content: {
            'application/json': components['schemas']['JobStopResponse']
          }
        }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/packages/{protocol}/{package_name}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get: {
      parameters: {
        query?: never
        header?: never
        path: {
          package_name: string
          protocol: string
        }
        cookie?: never
      }
      requestBody?: never
      responses: {
        /** @description ok */
        200: {
          headers: {
            [name: string]: unknown
          }
          content?: never
        }
      }
    }
    put: {
      parameters: {
        query?: never
        header?: never
        path: {
          package_name: string
          protocol: string
        }
        cookie?: never
      }
      requestBody: {
        content: {
          'application/octet-stream': string
        }
      }
      responses: {
        /** @description ok */
        200: {
          headers: {
            [name: string]: unknown
          }
          content?: never
        }
      }
    }
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v0/nodes': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get: {
      parameters: {
        query?: never
        header?: never
        path?: never
        cookie?: never
      }
      requestBody?: never
      responses: {
        /** @description ok */
        200: {
          headers: {
            [name: string]: unknown
          }
          content: {
            'application/json': components['schemas']['Nodes']
          }
        }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/version': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get: {
      parameters: {
        query?: never
        header?: never
        path?: never
        cookie?: never
      }
      requestBody?: never
      responses: {
        /** @description ok */
        200: {
          headers: {
            [name: string]: unknown
          }
          content: {
            'application/json': components['schemas']['Version']
          }
        }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/nodes': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get: {
      parameters: {
        query?: never
        header?: never
        path?: never
        cookie?: never
      }
      requestBody?: never
      responses: {
        /** @description ok */
        200: {
          headers: {
            [name: string]: unknown
          }
          content: {
            'application/json': components['schemas']['NodeUsage']
          }
        }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
}
export type webhooks = Record<string, never>
export interface components {
  schemas: {
    DriverInfo: {
      id: string
      node_ip_address: string
      pid: string
    }
    JobDetails: {
      /** @default null */
      driver_agent_http_address?: string | null
      /** @default null */
      driver_exit_code?: number | null
      /** @default null */
      driver_info?: components['schemas']['DriverInfo'] | null
      /** @default null */
      driver_node_id?: string | null
      /** @default null */
      end_time?: number | null
      entrypoint: string
      /** @default null */
      error_type?: string | null
      /** @default null */
      job_id?: string | null
      /** @default null */
      message?: string | null
      /** @default null */
      metadata?: {
        [key: string]: string
      } | null
      /** @default null */
      runtime_env?: {
        [key: string]: unknown
      } | null
      /** @default null */
      start_time?: number | null
      status: components['schemas']['JobStatus']
      /** @default null */
      submission_id?: string | null
      type: components['schemas']['JobType']
    }
    /** @enum {string} */
    JobErrorType:
      | 'RUNTIME_ENV_SETUP_FAILURE'
      | 'JOB_SUPERVISOR_ACTOR_START_TIMEOUT'
      | 'JOB_SUPERVISOR_ACTOR_START_FAILURE'
      | 'JOB_SUPERVISOR_ACTOR_UNSCHEDULABLE'
      | 'JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE'
      | 'JOB_SUPERVISOR_ACTOR_DIED'
      | 'JOB_ENTRYPOINT_COMMAND_START_ERROR'
      | 'JOB_ENTRYPOINT_COMMAND_ERROR'
    JobLogsResponse: {
      logs: string
    }
    /** @enum {string} */
    JobStatus: 'PENDING' | 'RUNNING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED'
    JobStopResponse: {
      stopped: boolean
    }
    JobSubmitRequest: {
      entrypoint: string
      /** @default null */
      entrypoint_label_selector?: {
        [key: string]: string
      } | null
      /** @default null */
      entrypoint_memory?: number | null
      /** @default null */
      entrypoint_num_cpus?: number | null
      /** @default null */
      entrypoint_num_gpus?: number | null
      /** @default null */
      entrypoint_resources?: {
        [key: string]: number
      } | null
      /** @default null */
      job_id?: string | null
      /** @default null */
      metadata?: {
        [key: string]: string
      } | null
      /** @default null */
      runtime_env?: {
        [key: string]: unknown
      } | null
      /** @default null */
      submission_id?: string | null
    }
    JobSubmitResponse: {
      job_id: string
      submission_id: string
    }
    /** @enum {string} */
    JobType: 'SUBMISSION' | 'DRIVER'
    Node: {
      node_id: string
      resources_total: {
        [key: string]: number
      }
      /** @enum {string} */
      state: 'ALIVE' | 'DEAD'
    }
    Nodes: {
      data: {
        result: {
          result: components['schemas']['Node'][]
        }
      }
    }
    NodeUsage: {
      data: {
        nodeLogicalResources: {
          [key: string]: string
        }
      }
    }
    Version: {
      ray_commit: string
      ray_version: string
      session_name: string
      version: string
    }
  }
  responses: never
  parameters: never
  requestBodies: never
  headers: never
  pathItems: never
}
export type $defs = Record<string, never>
export type operations = Record<string, never>
